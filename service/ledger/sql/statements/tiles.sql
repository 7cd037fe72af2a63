-- Full tiles by place.
SELECT t.level, t.number, t.hashes
  FROM unnest(%(levels)s::integer[], %(numbers)s::bigint[]) AS want(level, number)
  JOIN tile t ON t.workspace_id = %(workspace)s AND t.level = want.level AND t.number = want.number
