-- How far the summaries have followed the log, and under which edition of their rules.
SELECT d.position, d.edition FROM summarised d WHERE d.workspace_id = %(workspace)s
