-- The keys of a member get the member's new role; keys of a guest stay what they are. The change was recorded before.
CREATE OR REPLACE FUNCTION change_credentials_role(p_workspace uuid, p_party uuid, p_role text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credential c SET role = p_role
     WHERE c.workspace_id = p_workspace AND c.party_id = p_party AND c.role <> 'guest' AND c.revoked_at IS NULL
$$;
