-- How many facts between two positions have words under some keys, by stream.
SELECT found.stream_id, s.kind, found.facts
  FROM (SELECT e.stream_id, count(*) AS facts
          FROM event e
         WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
           AND e.words_key = ANY (%(keys)s) AND e.words IS NOT NULL
         GROUP BY e.stream_id) found
  -- LIMIT 1 keeps this a look-up by key: a plain join may read every stream for each fact while nothing was analysed.
  JOIN LATERAL (
        SELECT k.kind FROM stream k
         WHERE k.workspace_id = %(workspace)s AND k.stream_id = found.stream_id LIMIT 1
       ) s ON true
