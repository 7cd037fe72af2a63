-- Content keys by id.
SELECT k.key_id, k.kind, k.owner_id, k.wrapped
  FROM content_key k
 WHERE k.workspace_id = %(workspace)s AND k.key_id = ANY (%(keys)s)
