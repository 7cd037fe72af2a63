-- The webhooks of all workspaces that have something to be looked at now and that nobody is at.
CREATE OR REPLACE FUNCTION list_webhooks_due(p_at timestamptz) RETURNS TABLE (workspace_id uuid, webhook_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT h.workspace_id, h.webhook_id
      FROM webhook h
      JOIN workspace w ON w.workspace_id = h.workspace_id
     WHERE h.state = 'active' AND h.position < w.next_position AND h.held_until < clock_timestamp()
       AND coalesce(h.next_attempt_at, '-infinity') <= p_at
$$;
