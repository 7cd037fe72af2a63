-- How many facts no signed checkpoint covers yet, over all workspaces, and for how many seconds the oldest has waited.
SELECT facts, seconds FROM checkpoint_lag()
