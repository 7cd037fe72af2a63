-- The run-time role reads the tables and writes through the functions alone: it cannot change or delete a fact.
GRANT SELECT ON workspace, event, stream, participation, content_key, credential, tracking, ticket TO throughline_app;
GRANT SELECT ON log_key, tree, tile, stream_end, stream_bucket, tree_head TO throughline_app;
GRANT SELECT ON summary, summarised, erasure TO throughline_app;
GRANT SELECT ON device, refusal TO throughline_app;
GRANT SELECT ON webhook, delivery TO throughline_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO throughline_app;

-- The second wall, behind the clause that every statement has: a table shows the run-time role only the rows of the
-- workspace that it has entered (`statements/enter.sql`), and none when it has entered none. Every table that has
-- workspaces is walled, also one that comes later. The functions act as the owner and name the workspace themselves.
-- Tables that Citus has spread over several servers stay as deploy/citus/tables.sql has made them: what a session has
-- entered does not reach the servers that hold them.
DO $$
DECLARE
    v_table  regclass;
    v_spread regclass[] := '{}';
BEGIN
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(array_agg(logicalrelid), ''{}'') FROM pg_catalog.pg_dist_partition' INTO v_spread;
    END IF;
    FOR v_table IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
           AND NOT c.relrowsecurity AND c.oid <> ALL (v_spread)
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format($policy$
            CREATE POLICY entered ON %s FOR SELECT
             USING (workspace_id = (SELECT nullif(current_setting('throughline.workspace', true), '')::uuid))
        $policy$, v_table);
    END LOOP;
END $$;
