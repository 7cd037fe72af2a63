-- Streams of some kinds, by id, after one; and whether a summary of their version is kept under an edition of the rules.
SELECT s.stream_id, coalesce(u.version = s.version, false)
  FROM stream s
  LEFT JOIN summarised d ON d.workspace_id = s.workspace_id AND d.edition = %(edition)s
  LEFT JOIN LATERAL (
        SELECT m.version FROM summary m WHERE m.workspace_id = d.workspace_id AND m.stream_id = s.stream_id LIMIT 1
       ) u ON true
 WHERE s.workspace_id = %(workspace)s AND s.kind = ANY (%(kinds)s) AND s.stream_id > %(after)s
 ORDER BY s.stream_id
 LIMIT %(limit)s
