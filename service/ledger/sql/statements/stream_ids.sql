-- Streams of some kinds, by id, after one.
SELECT s.stream_id
  FROM stream s
 WHERE s.workspace_id = %(workspace)s AND s.kind = ANY (%(kinds)s) AND s.stream_id > %(after)s
 ORDER BY s.stream_id
 LIMIT %(limit)s
