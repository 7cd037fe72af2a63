-- One step of clearing up a webhook: up to so many of its oldest deliveries that are before a moment, or beyond the number
-- that is kept; all of one that was deleted, whose row goes with the last. How many went.
CREATE OR REPLACE FUNCTION clear_deliveries(
    p_workspace uuid, p_webhook uuid, p_before timestamptz, p_kept_max integer, p_cleared_max integer
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_deleted boolean;
    v_before  timestamptz := p_before;
    v_cleared integer;
BEGIN
    SELECT w.state = 'deleted' INTO v_deleted FROM webhook w
     WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook;
    IF v_deleted THEN
        v_before := 'infinity';
    ELSE
        SELECT greatest(v_before, max(kept.at)) INTO v_before FROM (
            SELECT d.at FROM delivery d WHERE d.workspace_id = p_workspace AND d.webhook_id = p_webhook
             ORDER BY d.at DESC, d.delivery_id DESC OFFSET p_kept_max - 1 LIMIT 1) AS kept;
    END IF;
    DELETE FROM delivery d
     WHERE d.workspace_id = p_workspace AND d.webhook_id = p_webhook AND d.delivery_id IN (
               SELECT old.delivery_id FROM delivery old
                WHERE old.workspace_id = p_workspace AND old.webhook_id = p_webhook AND old.at < v_before
                ORDER BY old.at, old.delivery_id LIMIT p_cleared_max FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS v_cleared = ROW_COUNT;
    IF v_deleted AND v_cleared < p_cleared_max THEN
        DELETE FROM webhook w
         WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.held_until < clock_timestamp()
           AND NOT EXISTS (SELECT FROM delivery d WHERE d.workspace_id = p_workspace AND d.webhook_id = p_webhook);
    END IF;
    RETURN v_cleared;
END $$;
