-- Full tiles of leaves, with the roots that they are stored with.
SELECT t.number, t.hashes, t.root
  FROM tile t
 WHERE t.workspace_id = %(workspace)s AND t.level = 0 AND t.number = ANY (%(numbers)s::bigint[])
