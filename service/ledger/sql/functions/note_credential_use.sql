-- A key was used; noted at most once in p_every, however many processes it is used through.
CREATE OR REPLACE FUNCTION note_credential_use(
    p_workspace uuid, p_credential uuid, p_at timestamptz, p_every interval
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credential c SET last_used_at = p_at
     WHERE c.workspace_id = p_workspace AND c.credential_id = p_credential
       AND (c.last_used_at IS NULL OR c.last_used_at <= p_at - p_every)
$$;
