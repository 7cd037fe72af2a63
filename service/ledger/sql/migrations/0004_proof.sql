-- What proves the log: its Merkle tree in tiles, where each stream ends, the signed checkpoints and the keys that sign.
-- Nothing here is written by an append: one builder at a time follows the log (grow_tree).

CREATE TABLE log_key (
    workspace_id uuid        NOT NULL,
    generation   integer     NOT NULL CHECK (generation >= 1),
    public_key   bytea       NOT NULL, -- Ed25519, 32 bytes
    wrapped      bytea       NOT NULL, -- its seed, under the master key
    added_at     timestamptz NOT NULL,
    retired_at   timestamptz,          -- signs no checkpoint from then on; those it signed stay
    PRIMARY KEY (workspace_id, generation)
);
COMMENT ON TABLE log_key IS 'The keys that sign a workspace''s checkpoints; all that are not retired sign each.';

CREATE TABLE tree (
    workspace_id uuid   PRIMARY KEY,
    size         bigint NOT NULL DEFAULT 0, -- facts that are in the tree
    edge         bytea  NOT NULL DEFAULT '' -- the leaves after the last full tile, as they were when they were signed
);
COMMENT ON TABLE tree IS 'How far the tree has followed the log; the row that the builder holds while it grows the tree.';

CREATE TABLE tile (
    workspace_id uuid    NOT NULL,
    level        integer NOT NULL,
    number       bigint  NOT NULL,
    hashes       bytea   NOT NULL, -- 256 hashes of 32 bytes
    root         bytea   NOT NULL, -- over them: a hash of the tile above
    PRIMARY KEY (workspace_id, level, number)
);
COMMENT ON TABLE tile IS 'The full tiles of the tree (C2SP tlog-tiles). They never change.';
ALTER TABLE tile ALTER COLUMN hashes SET STORAGE EXTERNAL; -- hashes do not compress

CREATE TABLE stream_end (
    workspace_id uuid    NOT NULL,
    bucket       integer NOT NULL, -- the first 12 bits of the key
    key          bytea   NOT NULL, -- SHA-256 of the stream's name
    version      bigint  NOT NULL, -- the last in the tree
    entry        bytea   NOT NULL, -- the hash of name, version and last leaf
    PRIMARY KEY (workspace_id, bucket, key)
);
COMMENT ON TABLE stream_end IS 'Where each stream ended at the newest checkpoint: the leaves of the tree over streams.';

CREATE TABLE stream_bucket (
    workspace_id uuid    NOT NULL,
    bucket       integer NOT NULL,
    root         bytea   NOT NULL,
    PRIMARY KEY (workspace_id, bucket)
);
COMMENT ON TABLE stream_bucket IS 'The roots over the streams that share the first bits of their keys.';

CREATE TABLE tree_head (
    workspace_id uuid        NOT NULL,
    size         bigint      NOT NULL,
    root         bytea       NOT NULL,
    streams_root bytea       NOT NULL,
    note         text        NOT NULL,
    signed_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, size)
);
COMMENT ON TABLE tree_head IS 'Every checkpoint that was signed (C2SP tlog-checkpoint). Written once, in the transaction that grew the tree.';
