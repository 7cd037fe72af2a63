-- Where event ids are in the log, if anywhere, in its order.
SELECT e.position FROM event e WHERE e.workspace_id = %(workspace)s AND e.event_id = ANY (%(events)s) ORDER BY e.position
