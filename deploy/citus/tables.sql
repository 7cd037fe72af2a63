-- Run as superuser on the coordinator after every `throughline migrate`, before the service starts: spreads each table that
-- has workspaces by workspace, those of one workspace together; nothing when all are spread already.
--
-- Without row-level security: Citus takes no policy with a subquery, and what a session has entered with set_config does
-- not reach the other servers, so that every read would find nothing. The clause of each statement is the wall then.
DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
           AND NOT EXISTS (SELECT FROM pg_dist_partition d WHERE d.logicalrelid = c.oid)
         ORDER BY c.relname <> 'workspace', c.relname
    LOOP
        EXECUTE format('DROP POLICY IF EXISTS entered ON %s', v_table);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', v_table);
        PERFORM create_distributed_table(
            v_table, 'workspace_id', colocate_with => CASE WHEN v_table = 'workspace'::regclass THEN 'none' ELSE 'workspace' END);
    END LOOP;
    -- An append then runs on the server that holds the workspace: one way there and back instead of one a statement.
    PERFORM create_distributed_function(p.oid::regprocedure, 'p_workspace', colocate_with => 'workspace')
       FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname = 'append_events';
END $$;
