-- Credentials of a workspace, newest first: all, or one, or those for one stream; after one, or from the newest on.
SELECT c.credential_id, c.party_id, c.party_kind, c.role, c.stream_id, c.name, c.created_at, c.expires_at, c.revoked_at,
       c.last_used_at
  FROM credential c
 WHERE c.workspace_id = %(workspace)s
   AND (%(credential)s::uuid IS NULL OR c.credential_id = %(credential)s)
   AND (%(stream)s::text IS NULL OR c.stream_id = %(stream)s)
   AND (%(after)s::uuid IS NULL OR (c.created_at, c.credential_id) < (%(after_at)s::timestamptz, %(after)s))
 ORDER BY c.created_at DESC, c.credential_id DESC
 LIMIT %(limit)s
