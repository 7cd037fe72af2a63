-- The log's size: the next position; no row when there is no such workspace. A function, because every read asks for it:
-- so it is one statement, and enters nothing.
CREATE OR REPLACE FUNCTION read_head(p_workspace uuid) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.next_position FROM workspace w WHERE w.workspace_id = p_workspace
$$;
