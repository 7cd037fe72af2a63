-- All credentials of a workspace, newest first.
SELECT c.credential_id, c.party_id, c.party_kind, c.role, c.stream_id, c.name, c.created_at, c.expires_at, c.revoked_at
  FROM credential c
 WHERE c.workspace_id = %(workspace)s
 ORDER BY c.created_at DESC, c.credential_id
