SELECT grow_tree(
    %(workspace)s, %(from)s, %(size)s, %(edge)s,
    %(levels)s::integer[], %(numbers)s::bigint[], %(hashes)s::bytea[], %(roots)s::bytea[],
    %(ends)s::integer[], %(keys)s::bytea[], %(versions)s::bigint[], %(entries)s::bytea[],
    %(buckets)s::integer[], %(bucket_roots)s::bytea[],
    %(root)s, %(streams_root)s, %(note)s, %(at)s)
