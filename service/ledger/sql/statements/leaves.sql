-- The leaves of a range of positions, and the streams they are of.
SELECT e.position, e.stream_id, s.kind, e.version, e.leaf
  FROM event e
  JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
 ORDER BY e.position
