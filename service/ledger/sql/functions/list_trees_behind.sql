-- The workspaces whose tree is not as large as their log.
CREATE OR REPLACE FUNCTION list_trees_behind() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.workspace_id
      FROM workspace w
      LEFT JOIN tree t ON t.workspace_id = w.workspace_id
     WHERE w.next_position <> coalesce(t.size, 0)
$$;
