-- Which refused proposals of a party would have made one of these ids.
SELECT r.event_id
  FROM refusal r
 WHERE r.workspace_id = %(workspace)s AND r.party_id = %(party)s AND r.makes && %(ids)s
   AND r.refused_at >= %(since)s
   AND NOT EXISTS (SELECT FROM event e WHERE e.workspace_id = r.workspace_id AND e.event_id = r.event_id)
 ORDER BY r.event_id
 LIMIT 1
