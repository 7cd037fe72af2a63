-- The leaf of one fact of a stream.
SELECT e.leaf
  FROM event e
 WHERE e.workspace_id = %(workspace)s AND e.stream_id = %(stream)s AND e.version = %(version)s
