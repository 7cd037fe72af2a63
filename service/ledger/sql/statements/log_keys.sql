-- The keys that sign a workspace's checkpoints, or did.
SELECT k.generation, k.public_key, k.wrapped, k.added_at, k.retired_at
  FROM log_key k
 WHERE k.workspace_id = %(workspace)s
 ORDER BY k.generation
