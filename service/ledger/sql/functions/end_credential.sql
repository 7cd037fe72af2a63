-- A key opens nothing from a moment on, at the latest; true when there was one in use. No key is ever prolonged.
CREATE OR REPLACE FUNCTION end_credential(p_workspace uuid, p_credential uuid, p_at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH ended AS (
        UPDATE credential c SET expires_at = least(c.expires_at, p_at)
         WHERE c.workspace_id = p_workspace AND c.credential_id = p_credential AND c.revoked_at IS NULL
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM ended)
$$;
