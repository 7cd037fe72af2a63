-- What the role that asks may do and must not, or must and may not: a sentence each, none when all is well.
SELECT format('It may %s the table %s.', lower(p.privilege), c.relname)
  FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS p(privilege)
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'keyring'
   AND has_table_privilege(c.oid, p.privilege)
UNION ALL
SELECT format('It may not read the table %s.', c.relname)
  FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
   AND c.relname = ANY (ARRAY['event', 'stream', 'workspace', 'content_key', 'tree', 'tree_head', 'credential'])
   AND NOT has_table_privilege(c.oid, 'SELECT')
UNION ALL
SELECT format('It may not call the function %s.', f.proname)
  FROM pg_proc f
 WHERE f.pronamespace = 'public'::regnamespace AND NOT has_function_privilege(f.oid, 'EXECUTE')
UNION ALL
SELECT format('The table %s shows rows of every workspace.', c.relname)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   AND NOT c.relrowsecurity
