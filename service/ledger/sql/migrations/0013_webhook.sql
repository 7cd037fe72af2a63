-- Addresses that facts are sent to, and a record of what was sent. Neither holds any content of a fact.
CREATE TABLE webhook (
    workspace_id     uuid        NOT NULL,
    webhook_id       uuid        NOT NULL,
    party_id         uuid        NOT NULL, -- whose it is
    credential_id    uuid        NOT NULL, -- with whose sight it is sent to, as long as that key opens anything
    name             text        NOT NULL,
    url              text        NOT NULL,
    streams          text[],               -- what is sent; null for everything
    types            text[],
    kinds            text[],
    state            text        NOT NULL CHECK (state IN ('active', 'paused', 'stopped', 'deleted')),
    reason           text,                 -- why the service stopped it
    secret           bytea       NOT NULL, -- wrapped by the master key
    old_secret       bytea,                -- signs as well until `old_secret_until`
    old_secret_until timestamptz,
    position         bigint      NOT NULL, -- the first that was not looked at
    previous         bigint,               -- of what was sent last
    turn             bigint      NOT NULL DEFAULT 0, -- counts how often somebody set the position: an earlier one is void
    changes          bigint      NOT NULL DEFAULT 0, -- counts what people change, for a deliverer that is at it
    attempts         integer     NOT NULL DEFAULT 0, -- in vain, at the place where it is
    failing_since    timestamptz,
    next_attempt_at  timestamptz,
    held_by          uuid,                 -- the one process that delivers
    held_until       timestamptz NOT NULL DEFAULT '-infinity',
    created_at       timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id)
);
COMMENT ON TABLE webhook IS 'Whom the service sends facts to, and how far it is. Written by functions alone.';

CREATE TABLE delivery (
    workspace_id uuid        NOT NULL,
    webhook_id   uuid        NOT NULL,
    delivery_id  uuid        NOT NULL,
    at           timestamptz NOT NULL,
    message      text        NOT NULL CHECK (message IN ('fact', 'reset', 'test')),
    position     bigint,               -- of the fact or the reset
    attempt      integer     NOT NULL,
    outcome      text        NOT NULL,
    status       integer,              -- what the receiver answered, if it did
    took_ms      integer     NOT NULL,
    PRIMARY KEY (workspace_id, webhook_id, delivery_id)
);
COMMENT ON TABLE delivery IS 'One row an attempt to send; the newest of each webhook are kept for a time.';
CREATE INDEX delivery_by_time ON delivery (workspace_id, webhook_id, at, delivery_id);
