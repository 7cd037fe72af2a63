-- Leaves a webhook to one process for some seconds; nothing when another has it, or when there is nothing to do yet.
-- Whoever holds it claims it again to hold it longer.
CREATE OR REPLACE FUNCTION claim_webhook(
    p_workspace uuid, p_webhook uuid, p_holder uuid, p_seconds integer, p_at timestamptz
) RETURNS SETOF webhook
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE webhook w SET held_by = p_holder, held_until = clock_timestamp() + make_interval(secs => p_seconds)
     WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.state = 'active'
       AND coalesce(w.next_attempt_at, '-infinity') <= p_at
       AND (w.held_until < clock_timestamp() OR w.held_by = p_holder)
    RETURNING w.*
$$;
