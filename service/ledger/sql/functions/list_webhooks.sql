-- Every webhook there is or was, for the job that clears their deliveries.
CREATE OR REPLACE FUNCTION list_webhooks() RETURNS TABLE (workspace_id uuid, webhook_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT h.workspace_id, h.webhook_id FROM webhook h
$$;
