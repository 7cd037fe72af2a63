-- The same of some streams alone, however much of the log lies between their facts.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, e.type, s.kind, s.visibility
  FROM unnest(%(streams)s::uuid[]) AS want(stream_id)
  JOIN stream s ON s.workspace_id = %(workspace)s AND s.stream_id = want.stream_id
  JOIN LATERAL (
        SELECT * FROM event one
         WHERE one.workspace_id = %(workspace)s AND one.stream_id = want.stream_id
           AND one.position >= %(from)s AND one.position < %(to)s
           AND (%(types)s::text[] IS NULL OR one.type = ANY (%(types)s::text[]))
         ORDER BY one.version LIMIT %(limit)s
       ) e ON true
 ORDER BY e.position
 LIMIT %(limit)s
