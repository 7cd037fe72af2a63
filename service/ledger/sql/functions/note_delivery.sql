-- One attempt to send. What is cleared up is not brought back: a webhook that is gone has no deliveries.
CREATE OR REPLACE FUNCTION note_delivery(
    p_workspace uuid, p_webhook uuid, p_delivery uuid, p_at timestamptz, p_message text, p_position bigint,
    p_attempt integer, p_outcome text, p_status integer, p_took_ms integer
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO delivery (workspace_id, webhook_id, delivery_id, at, message, position, attempt, outcome, status, took_ms)
    SELECT p_workspace, p_webhook, p_delivery, p_at, p_message, p_position, p_attempt, p_outcome, p_status, p_took_ms
      FROM webhook w WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.state <> 'deleted'
$$;
