-- Every workspace of the service, for the command line on the service's own machine.
SELECT workspace_id, name, next_position FROM list_workspaces()
