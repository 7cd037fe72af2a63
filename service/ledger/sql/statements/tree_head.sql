-- The newest checkpoint.
SELECT h.size, h.note FROM tree_head h WHERE h.workspace_id = %(workspace)s ORDER BY h.size DESC LIMIT 1
