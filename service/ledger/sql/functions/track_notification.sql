-- Moves an application on to a notification; false when it, or another process of it, is there or further already.
CREATE OR REPLACE FUNCTION track_notification(
    p_workspace uuid, p_follower text, p_upstream text, p_notification bigint
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH moved AS (
        INSERT INTO tracking AS t (workspace_id, follower, upstream, notification_id)
        SELECT w.workspace_id, p_follower, p_upstream, p_notification
          FROM workspace w WHERE w.workspace_id = p_workspace
        ON CONFLICT (workspace_id, follower, upstream) DO UPDATE SET notification_id = excluded.notification_id
         WHERE t.notification_id < excluded.notification_id
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM moved)
$$;
