-- How far the tree has followed the log, and its open end.
SELECT t.size, t.edge FROM tree t WHERE t.workspace_id = %(workspace)s
