-- The streams whose row names another end than their facts have.
SELECT s.stream_id
  FROM stream s
  LEFT JOIN event e ON e.workspace_id = s.workspace_id AND e.stream_id = s.stream_id AND e.version = s.version
 WHERE s.workspace_id = %(workspace)s
   AND (e.leaf IS DISTINCT FROM s.last_leaf
        OR EXISTS (SELECT FROM event later
                    WHERE later.workspace_id = s.workspace_id AND later.stream_id = s.stream_id
                      AND later.version > s.version))
 ORDER BY s.stream_id
