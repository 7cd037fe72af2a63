-- The hand-made service's tables; pgbench inserts into the same.
CREATE TABLE events (
    position    bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    stream_id   uuid        NOT NULL,
    version     integer     NOT NULL,
    type        text        NOT NULL,
    said        jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (stream_id, version)
);
CREATE TABLE states (stream_id uuid PRIMARY KEY, version integer NOT NULL, state jsonb NOT NULL);
