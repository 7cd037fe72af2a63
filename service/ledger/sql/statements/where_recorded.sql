-- Where event ids are, if anywhere in the workspace.
SELECT e.event_id, e.stream_id, e.version
  FROM event e
 WHERE e.workspace_id = %(workspace)s AND e.event_id = ANY (%(events)s)
