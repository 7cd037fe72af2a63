-- Streams whose summary no longer holds at a moment, though no fact arrived.
SELECT u.stream_id
  FROM summary u
 WHERE u.workspace_id = %(workspace)s AND u.stale_at <= %(at)s
 ORDER BY u.stale_at
 LIMIT %(limit)s
