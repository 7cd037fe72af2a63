-- A new, empty workspace.
CREATE OR REPLACE FUNCTION create_workspace(p_workspace uuid, p_name text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO workspace (workspace_id, name) VALUES (p_workspace, p_name)
$$;
