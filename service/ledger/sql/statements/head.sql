-- The log's size: the next position.
SELECT w.next_position FROM workspace w WHERE w.workspace_id = %(workspace)s
