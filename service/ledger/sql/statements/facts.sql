-- The facts of some streams, each after a version, in stream order.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest
  FROM unnest(%(streams)s::uuid[], %(after)s::bigint[]) AS want(stream_id, after)
  JOIN LATERAL (
        SELECT * FROM event one
         WHERE one.workspace_id = %(workspace)s AND one.stream_id = want.stream_id AND one.version > want.after
         ORDER BY one.version LIMIT %(limit)s
       ) e ON true
 ORDER BY e.stream_id, e.version
 LIMIT %(limit)s
