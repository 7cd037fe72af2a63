-- Streams by id: kind, version, content key, and by how much the application's own versions are ahead of ours.
SELECT s.stream_id, s.kind, s.version, k.wrapped,
       coalesce((convert_from(substr(first.envelope, 17), 'UTF8')::jsonb ->> 'originator_version')::bigint, 1) - 1
  FROM stream s
  JOIN event first ON first.workspace_id = s.workspace_id AND first.stream_id = s.stream_id AND first.version = 1
  LEFT JOIN content_key k ON k.workspace_id = s.workspace_id AND k.key_id = s.stream_id
 WHERE s.workspace_id = %(workspace)s AND s.stream_id = ANY (%(streams)s)
