-- When a key was last used, to about a minute: what tells its owner whether anybody would miss it.
ALTER TABLE credential ADD COLUMN last_used_at timestamptz;
CREATE INDEX credential_by_party ON credential (workspace_id, party_id);
