-- Which streams got facts from a position on, and how far they are.
SELECT e.stream_id, max(e.version)
  FROM event e
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
 GROUP BY e.stream_id
