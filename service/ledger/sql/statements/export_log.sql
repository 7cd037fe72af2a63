-- The facts of a range of positions, each with the leaf before it on its stream.
SELECT e.stream_id, s.kind, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words,
       e.words_key, e.structure_digest, e.words_digest, e.leaf,
       (SELECT p.leaf FROM event p
         WHERE p.workspace_id = e.workspace_id AND p.stream_id = e.stream_id AND p.version = e.version - 1) AS previous
  FROM event e
  LEFT JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
 ORDER BY e.position
