-- Facts by position, with what their streams say of themselves. Both ends are given, which bounds what a read costs.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, e.type, s.kind, s.visibility
  FROM event e
  JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
   AND (%(types)s::text[] IS NULL OR e.type = ANY (%(types)s::text[]))
 ORDER BY e.position
 LIMIT %(limit)s
