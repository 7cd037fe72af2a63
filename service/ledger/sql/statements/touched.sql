-- Which streams got facts from a position on, how far they are, and whether one of these facts says content was erased.
SELECT e.stream_id, max(e.version), bool_or(e.type IN ('content.erased', 'party.erased'))
  FROM event e
 WHERE e.workspace_id = %(workspace)s AND e.position >= %(from)s AND e.position < %(to)s
 GROUP BY e.stream_id
