-- The workspaces whose tree is not as large as their log.
SELECT workspace_id FROM list_trees_behind() AS workspace_id
