-- How many facts the slowest webhook has not looked at, over all workspaces, and for how many seconds one has waited.
SELECT facts, seconds FROM webhook_lag()
