-- Of each level of the tree the tiles that fill no tile of the level above yet.
SELECT t.level, t.root
  FROM unnest(%(levels)s::integer[], %(from)s::bigint[]) AS want(level, first)
  JOIN tile t ON t.workspace_id = %(workspace)s AND t.level = want.level AND t.number >= want.first
 ORDER BY t.level, t.number
