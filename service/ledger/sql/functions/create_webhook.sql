-- A webhook that begins at a position; false when the workspace has as many as one may. Two at once are counted in turn.
CREATE OR REPLACE FUNCTION create_webhook(
    p_workspace uuid, p_webhook uuid, p_party uuid, p_credential uuid, p_name text, p_url text, p_streams text[],
    p_types text[], p_kinds text[], p_secret bytea, p_position bigint, p_at timestamptz, p_webhooks_max integer
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('webhooks of ' || p_workspace, 0));
    IF (SELECT count(*) FROM webhook w WHERE w.workspace_id = p_workspace AND w.state <> 'deleted') >= p_webhooks_max THEN
        RETURN false;
    END IF;
    INSERT INTO webhook (workspace_id, webhook_id, party_id, credential_id, name, url, streams, types, kinds, state,
                         secret, position, created_at)
    VALUES (p_workspace, p_webhook, p_party, p_credential, p_name, p_url, p_streams, p_types, p_kinds, 'active',
            p_secret, p_position, p_at);
    RETURN true;
END $$;
