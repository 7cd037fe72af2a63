-- The roots that full tiles of leaves are stored with.
SELECT t.number, t.root
  FROM tile t
 WHERE t.workspace_id = %(workspace)s AND t.level = 0 AND t.number = ANY (%(numbers)s::bigint[])
