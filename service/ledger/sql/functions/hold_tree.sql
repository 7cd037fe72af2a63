-- Leaves the tree of a workspace to one builder for some seconds, so that two do not do the same work; nothing when
-- another has it, or when there is no such workspace. What is true in the end is for grow_tree to see to.
DROP FUNCTION IF EXISTS hold_tree(uuid);
CREATE OR REPLACE FUNCTION hold_tree(p_workspace uuid, p_builder uuid, p_seconds integer)
RETURNS TABLE (size bigint, edge bytea)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO tree AS t (workspace_id, held_by, held_until)
    SELECT w.workspace_id, p_builder, clock_timestamp() + make_interval(secs => p_seconds)
      FROM workspace w WHERE w.workspace_id = p_workspace
    ON CONFLICT (workspace_id) DO UPDATE SET held_by = excluded.held_by, held_until = excluded.held_until
     WHERE t.held_until < clock_timestamp() OR t.held_by = excluded.held_by
    RETURNING t.size, t.edge
$$;
