-- One stream's facts between two of the application's own versions. The parts in braces are ASC or DESC.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, e.type, s.kind, k.wrapped, p.wrapped
  FROM stream s
  JOIN event first ON first.workspace_id = s.workspace_id AND first.stream_id = s.stream_id AND first.version = 1
 CROSS JOIN LATERAL (
        SELECT coalesce((convert_from(substr(first.envelope, 17), 'UTF8')::jsonb ->> 'originator_version')::bigint, 1) - 1
       ) AS ahead(by)
  JOIN event e ON e.workspace_id = s.workspace_id AND e.stream_id = s.stream_id
                  AND e.version > %(gt)s - ahead.by AND e.version <= %(lte)s - ahead.by
  LEFT JOIN content_key k ON k.workspace_id = e.workspace_id AND k.key_id = e.stream_id
  LEFT JOIN content_key p ON p.workspace_id = e.workspace_id AND p.key_id = e.words_key
 WHERE s.workspace_id = %(workspace)s AND s.stream_id = %(stream)s
 ORDER BY e.version {direction}
 LIMIT %(limit)s
