-- Every workspace of the service, for the command line on the service's own machine.
SELECT w.workspace_id, w.name, w.next_position FROM workspace w ORDER BY w.name, w.workspace_id
