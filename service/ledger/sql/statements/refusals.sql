-- Verdicts on what a party sent under these ids, save where the very same was recorded after all.
SELECT r.event_id, r.item_digest, r.slug, r.problem, r.refused_at
  FROM refusal r
 WHERE r.workspace_id = %(workspace)s AND r.party_id = %(party)s AND r.event_id = ANY (%(events)s)
   AND r.refused_at >= %(since)s
   AND NOT EXISTS (SELECT FROM event e
                    WHERE e.workspace_id = r.workspace_id AND e.event_id = r.event_id
                      AND e.proposal_digest = r.item_digest)
