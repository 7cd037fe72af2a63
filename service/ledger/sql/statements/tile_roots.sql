-- The hashes of a tile that is not full yet: the roots of the tiles below it.
SELECT t.root
  FROM tile t
 WHERE t.workspace_id = %(workspace)s AND t.level = %(level)s AND t.number >= %(from)s AND t.number < %(to)s
 ORDER BY t.number
