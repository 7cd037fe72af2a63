-- What was erased, so that asking again is answered with what was done. The log says it too; neither holds what is gone.
CREATE TABLE erasure (
    workspace_id uuid        NOT NULL,
    event_id     uuid        NOT NULL, -- of the fact that records it
    scope        text        NOT NULL CHECK (scope IN ('event', 'party', 'stream')),
    target_id    uuid        NOT NULL, -- the fact, the party or the stream
    facts        bigint      NOT NULL, -- whose content went
    streams      bigint      NOT NULL, -- that they were on
    erased_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, event_id)
);
CREATE INDEX erasure_by_target ON erasure (workspace_id, scope, target_id, erased_at);
COMMENT ON TABLE erasure IS 'One row an erasure. Written by erase_content alone, which destroys the content in the same transaction.';
