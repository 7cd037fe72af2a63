-- The workspaces whose tree is not as large as their log.
SELECT w.workspace_id
  FROM workspace w
  LEFT JOIN tree t ON t.workspace_id = w.workspace_id
 WHERE w.next_position <> coalesce(t.size, 0)
