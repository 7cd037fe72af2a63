-- Gives a ticket that has not lapsed to a new connection, which alone it serves from now on; whose key it stands for.
CREATE OR REPLACE FUNCTION use_ticket(
    p_workspace uuid, p_ticket uuid, p_secret_sha256 bytea, p_connection uuid, p_at timestamptz,
    p_unused_since timestamptz, p_used_since timestamptz
) RETURNS uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE ticket t SET used_at = coalesce(t.used_at, p_at), connection_id = p_connection
     WHERE t.workspace_id = p_workspace AND t.ticket_id = p_ticket AND t.secret_sha256 = p_secret_sha256
       AND CASE WHEN t.used_at IS NULL THEN t.issued_at >= p_unused_since ELSE t.used_at >= p_used_since END
    RETURNING t.credential_id
$$;
