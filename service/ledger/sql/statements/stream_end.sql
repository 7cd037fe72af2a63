-- Where one stream ends at the newest checkpoint.
SELECT s.version, s.entry
  FROM stream_end s
 WHERE s.workspace_id = %(workspace)s AND s.bucket = %(bucket)s AND s.key = %(key)s
