-- The checkpoints, the newest first.
SELECT h.size, h.root, h.note
  FROM tree_head h
 WHERE h.workspace_id = %(workspace)s
 ORDER BY h.size DESC
 LIMIT %(limit)s
