-- A process delivers a webhook no longer: another may at once.
CREATE OR REPLACE FUNCTION let_webhook_go(p_workspace uuid, p_webhook uuid, p_holder uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE webhook w SET held_until = '-infinity'
     WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.held_by = p_holder
$$;
