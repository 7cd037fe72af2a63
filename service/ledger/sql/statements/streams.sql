-- The streams asked for: kind, version and their content key.
SELECT s.stream_id, s.kind, s.version, k.wrapped
  FROM stream s
  LEFT JOIN content_key k ON k.workspace_id = s.workspace_id AND k.key_id = s.stream_id
 WHERE s.workspace_id = %(workspace)s AND s.stream_id = ANY (%(streams)s)
