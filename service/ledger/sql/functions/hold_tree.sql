-- Takes the tree of a workspace until the transaction ends, so that one builder at a time grows it; nothing when another
-- has it, or when there is no such workspace.
CREATE OR REPLACE FUNCTION hold_tree(p_workspace uuid) RETURNS TABLE (size bigint, edge bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM tree t WHERE t.workspace_id = p_workspace) THEN
        INSERT INTO tree (workspace_id) SELECT w.workspace_id FROM workspace w WHERE w.workspace_id = p_workspace
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN QUERY SELECT t.size, t.edge FROM tree t WHERE t.workspace_id = p_workspace FOR UPDATE SKIP LOCKED;
END $$;
