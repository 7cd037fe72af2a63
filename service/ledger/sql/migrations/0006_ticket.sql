-- Tickets to the feed, for browsers, whose EventSource sends no header: used in an address, so short-lived and only for that.
CREATE TABLE ticket (
    workspace_id  uuid        NOT NULL,
    ticket_id     uuid        NOT NULL,
    secret_sha256 bytea       NOT NULL,
    credential_id uuid        NOT NULL, -- whose sight it gives, for as long as that key opens anything
    issued_at     timestamptz NOT NULL,
    used_at       timestamptz,          -- when it was first used
    connection_id uuid,                 -- the one connection that it serves now
    PRIMARY KEY (workspace_id, ticket_id)
);
COMMENT ON TABLE ticket IS 'Tickets to follow the log with. The secret itself is nowhere.';
CREATE INDEX ticket_by_credential ON ticket (workspace_id, credential_id);
