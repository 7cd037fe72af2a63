-- How far a webhook is now, by the process that holds it, which goes on holding it for some seconds. Nothing changes when
-- it does not hold it any more, or when somebody has set another position meanwhile. Whether it may go on as it was.
CREATE OR REPLACE FUNCTION move_webhook(
    p_workspace uuid, p_webhook uuid, p_holder uuid, p_turn bigint, p_changes bigint, p_seconds integer, p_position bigint,
    p_previous bigint, p_attempts integer, p_failing_since timestamptz, p_next_attempt_at timestamptz, p_reason text
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH moved AS (
        UPDATE webhook w
           SET position = p_position, previous = p_previous, attempts = p_attempts, failing_since = p_failing_since,
               next_attempt_at = p_next_attempt_at,
               reason = CASE WHEN w.state = 'active' THEN p_reason ELSE w.reason END,
               state = CASE WHEN w.state = 'active' AND p_reason IS NOT NULL THEN 'stopped' ELSE w.state END,
               held_until = clock_timestamp() + make_interval(secs => p_seconds)
         WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.held_by = p_holder
           AND w.turn = p_turn AND w.state <> 'deleted'
        RETURNING w.state = 'active' AND w.changes = p_changes AS unchanged
    ) SELECT coalesce((SELECT unchanged FROM moved), false)
$$;
