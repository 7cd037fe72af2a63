-- Streams that can hold something due by a moment, by id, after one.
SELECT s.stream_id
  FROM stream s
 WHERE s.workspace_id = %(workspace)s AND (s.attention_at < %(end)s OR s.has_routine) AND s.stream_id > %(after)s
 ORDER BY s.stream_id
 LIMIT %(limit)s
