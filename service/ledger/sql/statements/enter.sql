-- Enters a workspace until the transaction ends: the tables show the run-time role the rows of this one alone.
SELECT set_config('throughline.workspace', %(workspace)s, true)
