-- A key that opens a workspace from now on. Its issue was recorded as a fact before this is called.
CREATE OR REPLACE FUNCTION issue_credential(
    p_workspace uuid, p_credential uuid, p_secret_sha256 bytea, p_party uuid, p_party_kind text, p_role text,
    p_stream text, p_name text, p_created_at timestamptz, p_expires_at timestamptz
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO credential (workspace_id, credential_id, secret_sha256, party_id, party_kind, role, stream_id, name,
                            created_at, expires_at)
    VALUES (p_workspace, p_credential, p_secret_sha256, p_party, p_party_kind, p_role, p_stream, p_name, p_created_at,
            p_expires_at)
$$;
