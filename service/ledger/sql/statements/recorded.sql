-- What was recorded from a position on but for some facts, whole, each stream's in turn; and whether a fact says content
-- was erased.
SELECT e.stream_id, e.version, e.position, e.event_id, e.recorded_at, e.envelope, e.structure, e.words, e.words_key,
       e.proposal_digest, e.type IN ('content.erased', 'party.erased')
  FROM event e
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
   AND e.event_id <> ALL (%(own)s)
 ORDER BY e.stream_id, e.version
