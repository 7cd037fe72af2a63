-- Verdicts on what a party's device sent, the oldest first, after a place in that order.
SELECT r.event_id, r.epoch, r.device_sequence, r.slug, r.problem, r.refused_at, r.item_digest
  FROM refusal r
 WHERE r.workspace_id = %(workspace)s AND r.party_id = %(party)s AND r.device_id = %(device)s
   AND r.refused_at >= %(since)s
   AND (r.refused_at, r.event_id, r.item_digest) > (%(after_at)s, %(after_event)s, %(after_digest)s)
   AND NOT EXISTS (SELECT FROM event e
                    WHERE e.workspace_id = r.workspace_id AND e.event_id = r.event_id
                      AND e.proposal_digest = r.item_digest)
 ORDER BY r.refused_at, r.event_id, r.item_digest
 LIMIT %(limit)s
