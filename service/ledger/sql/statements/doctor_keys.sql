-- Content keys that were not destroyed, some of them or all.
SELECT k.key_id, k.wrapped
  FROM content_key k
 WHERE k.workspace_id = %(workspace)s AND k.wrapped IS NOT NULL
 ORDER BY k.key_id DESC
 LIMIT %(limit)s
