-- The workspace's facts from one position up to, but without, another; of some types, or of all when none are named.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, e.type, s.kind, k.wrapped, p.wrapped
  FROM event e
  JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
  LEFT JOIN content_key k ON k.workspace_id = e.workspace_id AND k.key_id = e.stream_id
  LEFT JOIN content_key p ON p.workspace_id = e.workspace_id AND p.key_id = e.words_key
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
   AND (%(topics)s::text[] IS NULL OR e.type = ANY (%(topics)s::text[]))
 ORDER BY e.position
 LIMIT %(limit)s
