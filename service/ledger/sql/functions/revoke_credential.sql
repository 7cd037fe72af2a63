-- A key opens nothing any more; true when there was one to revoke.
CREATE OR REPLACE FUNCTION revoke_credential(p_workspace uuid, p_credential uuid, p_at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH revoked AS (
        UPDATE credential c SET revoked_at = p_at
         WHERE c.workspace_id = p_workspace AND c.credential_id = p_credential AND c.revoked_at IS NULL
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM revoked)
$$;
