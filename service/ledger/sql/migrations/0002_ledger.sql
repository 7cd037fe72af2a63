-- The ledger: one counter row per workspace, the facts, their streams' list rows, who takes part where, content keys, credentials.
-- Every key begins with workspace_id and no key reaches across workspaces, so that the tables distribute by it unchanged.

CREATE TABLE workspace (
    workspace_id     uuid        PRIMARY KEY,
    name             text        NOT NULL,
    next_position    bigint      NOT NULL DEFAULT 0 CHECK (next_position >= 0),
    last_recorded_at timestamptz NOT NULL DEFAULT 'epoch'
);
COMMENT ON TABLE workspace IS 'The counter row: positions are dense from 0 and commit in order because each append updates it.';

CREATE TABLE event (
    workspace_id     uuid        NOT NULL,
    stream_id        uuid        NOT NULL,
    version          bigint      NOT NULL CHECK (version >= 1),
    position         bigint      NOT NULL CHECK (position >= 0),
    event_id         uuid        NOT NULL,
    type             text        NOT NULL,
    recorded_at      timestamptz NOT NULL,
    envelope         bytea       NOT NULL, -- 16 bytes of salt, then the canonical envelope
    structure        bytea,                -- sealed under the stream's key; null once erased
    words            bytea,                -- sealed under words_key, or the stream's key when that is null; null without words or once erased
    words_key        uuid,
    structure_digest bytea       NOT NULL,
    words_digest     bytea,                -- null when the fact has no words
    proposal_digest  bytea,                -- of what the client sent; null once erased
    leaf             bytea       NOT NULL,
    PRIMARY KEY (workspace_id, stream_id, version),
    UNIQUE (workspace_id, position),
    UNIQUE (workspace_id, event_id)
);
COMMENT ON TABLE event IS 'One immutable fact a row. Written by append_events alone.';

CREATE TABLE stream (
    workspace_id  uuid        NOT NULL,
    stream_id     uuid        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('deal', 'goal', 'workspace')),
    version       bigint      NOT NULL,
    last_leaf     bytea       NOT NULL,
    -- The list row (P0), from the facts that everybody who may see the stream may see.
    visibility    text        NOT NULL DEFAULT 'team',
    openers       uuid[]      NOT NULL DEFAULT '{}', -- who recorded the first fact and whose act it was
    parties       uuid[]      NOT NULL DEFAULT '{}', -- everybody who ever joined
    status        text        NOT NULL DEFAULT 'open',
    outcome       text,
    stage         text,
    card          bytea,                             -- title, customer and the like, sealed under the stream's key
    customer_tag  bytea,                             -- keyed digest of the customer's name, for the equality filter
    forces_net    integer,
    dues          timestamptz[] NOT NULL DEFAULT '{}', -- of open promises, ascending
    attention_at  timestamptz,                       -- earliest open moment of any kind: promise, milestone, no to revisit
    has_routine   boolean     NOT NULL DEFAULT false,
    opened_at     timestamptz NOT NULL DEFAULT 'epoch',
    last_event_at timestamptz NOT NULL DEFAULT 'epoch',
    last_event_in timestamptz NOT NULL               -- the ten minutes in which that was, which lists sort by first
                  GENERATED ALWAYS AS (date_bin('10 minutes', last_event_at, '2000-01-01 00:00+00')) STORED,
    updated_at    timestamptz NOT NULL DEFAULT 'epoch', -- when the last fact was recorded
    PRIMARY KEY (workspace_id, stream_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE stream IS 'One row a stream: its version, the end of its chain, and what lists show and sort by.';
-- No index holds what every fact changes (version, last_leaf, last_event_at, updated_at), and pages keep some room: so
-- that most facts change the row where it lies and touch no index (heap-only tuples).
CREATE INDEX stream_by_last_event ON stream (workspace_id, kind, last_event_in);
CREATE INDEX stream_by_opened ON stream (workspace_id, kind, opened_at, stream_id);
CREATE INDEX stream_by_due ON stream (workspace_id, kind, (dues[1]), stream_id);
CREATE INDEX stream_by_attention ON stream (workspace_id, attention_at) WHERE attention_at IS NOT NULL;
CREATE INDEX stream_with_routine ON stream (workspace_id, stream_id) WHERE has_routine;

CREATE TABLE participation (
    workspace_id uuid        NOT NULL,
    party_id     uuid        NOT NULL,
    stream_id    uuid        NOT NULL,
    side         text        NOT NULL,
    roles        text[]      NOT NULL,
    joined_at    timestamptz NOT NULL,
    left_at      timestamptz,
    name         bytea,                 -- sealed under name_key
    name_key     uuid,
    owes         integer     NOT NULL,  -- open promises this party has made on the stream
    owed         integer     NOT NULL,  -- open promises made to this party on the stream
    PRIMARY KEY (workspace_id, party_id, stream_id)
);
CREATE INDEX participation_by_stream ON participation (workspace_id, stream_id);
COMMENT ON TABLE participation IS 'Who takes part in which stream, derived from the facts and written with them.';

CREATE TABLE content_key (
    workspace_id uuid        NOT NULL,
    key_id       uuid        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('stream', 'party', 'index')),
    owner_id     uuid        NOT NULL,
    wrapped      bytea,                 -- under the master key; null once destroyed
    destroyed_at timestamptz,
    destroyed_by uuid,                  -- the erasing event
    PRIMARY KEY (workspace_id, key_id)
);
COMMENT ON TABLE content_key IS 'A key per stream and per party. Destroying one makes its content unreadable everywhere, backups apart.';
CREATE UNIQUE INDEX content_key_in_use ON content_key (workspace_id, kind, owner_id) WHERE wrapped IS NOT NULL;

CREATE TABLE credential (
    workspace_id  uuid        NOT NULL,
    credential_id uuid        NOT NULL,
    secret_sha256 bytea       NOT NULL,
    party_id      uuid        NOT NULL,
    party_kind    text        NOT NULL DEFAULT 'person' CHECK (party_kind IN ('person', 'agent', 'service')),
    role          text        NOT NULL CHECK (role IN ('owner', 'member', 'coach', 'auditor', 'service', 'guest')),
    stream_id     text,                 -- a guest's one stream, such as deal/…
    name          text        NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz,
    revoked_at    timestamptz,
    PRIMARY KEY (workspace_id, credential_id)
);
COMMENT ON TABLE credential IS 'Keys to the service. The secret itself is nowhere.';
