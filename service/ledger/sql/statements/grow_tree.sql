SELECT grow_tree(
    %(workspace)s, %(from)s, %(size)s, %(edge)s,
    %(levels)b::integer[], %(numbers)b::bigint[], %(hashes)b::bytea[], %(roots)b::bytea[],
    %(ends)b::integer[], %(keys)b::bytea[], %(versions)b::bigint[], %(entries)b::bytea[],
    %(buckets)b::integer[], %(bucket_roots)b::bytea[],
    %(root)s, %(streams_root)s, %(note)s, %(at)s)
