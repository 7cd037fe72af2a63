-- The facts of a range of positions with what their leaves are over, and the leaf before each on its stream.
SELECT e.position, e.stream_id, s.kind, e.version, e.recorded_at, e.envelope, e.structure_digest, e.words_digest, e.leaf,
       b.leaf
  FROM event e
  LEFT JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
  LEFT JOIN event b ON b.workspace_id = e.workspace_id AND b.stream_id = e.stream_id AND b.version = e.version - 1
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
 ORDER BY e.position
