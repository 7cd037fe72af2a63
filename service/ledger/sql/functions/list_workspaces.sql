-- Every workspace: what a job for all of them, and the command line on the service's own machine, begin with.
CREATE OR REPLACE FUNCTION list_workspaces() RETURNS TABLE (workspace_id uuid, name text, next_position bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.workspace_id, w.name, w.next_position FROM workspace w ORDER BY w.name, w.workspace_id
$$;
