-- Another secret; the one before signs as well until a moment. False when there is no such webhook.
CREATE OR REPLACE FUNCTION rotate_webhook_secret(
    p_workspace uuid, p_webhook uuid, p_secret bytea, p_old_until timestamptz
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH rotated AS (
        UPDATE webhook w SET old_secret = w.secret, old_secret_until = p_old_until, secret = p_secret,
               changes = w.changes + 1
         WHERE w.workspace_id = p_workspace AND w.webhook_id = p_webhook AND w.state <> 'deleted'
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM rotated)
$$;
