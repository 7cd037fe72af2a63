-- The leaf of the fact at one position.
SELECT e.leaf FROM event e WHERE e.workspace_id = %(workspace)s AND e.position = %(position)s
