-- Facts from a position on as they are opened, with what their digests are and the wrapped keys of their stream and words.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, s.kind, e.structure_digest, e.words_digest, sk.wrapped, wk.wrapped
  FROM event e
  JOIN stream s ON s.workspace_id = e.workspace_id AND s.stream_id = e.stream_id
  LEFT JOIN content_key sk ON sk.workspace_id = e.workspace_id AND sk.key_id = e.stream_id
  LEFT JOIN content_key wk ON wk.workspace_id = e.workspace_id AND wk.key_id = e.words_key
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s
 ORDER BY e.position
 LIMIT %(limit)s
