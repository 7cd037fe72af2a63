-- The keys of a member open nothing any more; keys of a guest stay what they are. The ids of those revoked now.
CREATE OR REPLACE FUNCTION revoke_credentials_of(p_workspace uuid, p_party uuid, p_at timestamptz) RETURNS uuid[]
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH revoked AS (
        UPDATE credential c SET revoked_at = p_at
         WHERE c.workspace_id = p_workspace AND c.party_id = p_party AND c.role <> 'guest' AND c.revoked_at IS NULL
        RETURNING c.credential_id
    ) SELECT coalesce(array_agg(credential_id ORDER BY credential_id), '{}') FROM revoked
$$;
