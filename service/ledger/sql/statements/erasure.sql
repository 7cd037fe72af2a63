-- The erasure recorded under an event id; else the newest of the same target.
SELECT x.event_id, x.scope, x.target_id, x.facts, x.streams, e.position
  FROM erasure x
  JOIN event e ON e.workspace_id = x.workspace_id AND e.event_id = x.event_id
 WHERE x.workspace_id = %(workspace)s
   AND (x.event_id = %(event)s OR (x.scope = %(scope)s AND x.target_id = %(target)s))
 ORDER BY x.event_id = %(event)s DESC, x.erased_at DESC
 LIMIT 1
