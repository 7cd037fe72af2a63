-- A ticket for the holder of a key, or of an issuer's token that ends; what has lapsed of theirs goes. False when they hold as many as anybody may.
CREATE OR REPLACE FUNCTION issue_ticket(
    p_workspace uuid, p_ticket uuid, p_secret_sha256 bytea, p_credential uuid, p_at timestamptz,
    p_unused_since timestamptz, p_used_since timestamptz, p_tickets_max integer, p_party uuid, p_ends_at timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM ticket t
     WHERE t.workspace_id = p_workspace AND t.credential_id = p_credential
       AND (t.used_at < p_used_since OR (t.used_at IS NULL AND t.issued_at < p_unused_since) OR t.ends_at <= p_at);
    IF (SELECT count(*) FROM ticket t
         WHERE t.workspace_id = p_workspace AND t.credential_id = p_credential) >= p_tickets_max THEN
        RETURN false;
    END IF;
    INSERT INTO ticket (workspace_id, ticket_id, secret_sha256, credential_id, issued_at, party_id, ends_at)
    VALUES (p_workspace, p_ticket, p_secret_sha256, p_credential, p_at, p_party, p_ends_at);
    RETURN true;
END $$;
