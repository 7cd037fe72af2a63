-- Takes the counter row until the transaction ends: nobody else appends to the workspace meanwhile.
SELECT w.next_position FROM workspace w WHERE w.workspace_id = %(workspace)s FOR UPDATE
