-- One credential.
SELECT c.secret_sha256, c.party_id, c.party_kind, c.role, c.stream_id, c.name, c.expires_at, c.revoked_at,
       c.last_used_at
  FROM credential c
 WHERE c.workspace_id = %(workspace)s AND c.credential_id = %(credential)s
