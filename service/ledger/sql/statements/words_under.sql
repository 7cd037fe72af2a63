-- How many facts between two positions have words under some keys, by stream.
SELECT e.stream_id, s.kind, count(*)
  FROM event e
  JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
   AND e.words_key = ANY (%(keys)s) AND e.words IS NOT NULL
 GROUP BY e.stream_id, s.kind
