-- What a person does with a webhook: another state, another key, another position; null leaves each as it is. Whatever
-- was waited for is over, and a deliverer that is at it notices by the count of changes. False when there is no such webhook.
CREATE OR REPLACE FUNCTION change_webhook(
    p_workspace uuid, p_webhook uuid, p_state text, p_credential uuid, p_position bigint
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH changed AS (
        UPDATE webhook w
           SET state = coalesce(p_state, w.state), credential_id = coalesce(p_credential, w.credential_id),
               reason = CASE WHEN p_state IS NULL THEN w.reason END,
               position = coalesce(p_position, w.position),
               previous = CASE WHEN p_position IS NULL THEN w.previous END,
               secret = CASE WHEN p_state = 'deleted' THEN '' ELSE w.secret END,
               old_secret = CASE WHEN p_state = 'deleted' THEN NULL ELSE w.old_secret END,
               turn = w.turn + CASE WHEN p_position IS NULL THEN 0 ELSE 1 END, changes = w.changes + 1, attempts = 0, failing_since = NULL, next_attempt_at = NULL
         WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.state <> 'deleted'
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM changed)
$$;
