-- Streams whose summary no longer holds at a moment, though no fact arrived, after one of them.
SELECT u.stream_id, u.stale_at
  FROM summary u
 WHERE u.workspace_id = %(workspace)s AND u.stale_at <= %(at)s
   AND (u.stale_at, u.stream_id) > (%(after)s, %(after_id)s)
 ORDER BY u.stale_at, u.stream_id
 LIMIT %(limit)s
