-- Where the streams of some buckets end, by key.
SELECT s.key, s.entry
  FROM stream_end s
 WHERE s.workspace_id = %(workspace)s AND s.bucket = ANY (%(buckets)b::integer[])
 ORDER BY s.key
