-- Takes the counter row until the transaction ends, so that nobody else appends to the workspace meanwhile; the log's size.
CREATE OR REPLACE FUNCTION hold_workspace(p_workspace uuid) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.next_position FROM workspace w WHERE w.workspace_id = p_workspace FOR UPDATE
$$;
