-- Room in the log for applications of their own, written with the library eventsourcing: streams whose facts are sealed
-- bytes to us, in the same order and the same proofs as all others; and how far such an application has read.
ALTER TABLE stream DROP CONSTRAINT stream_kind_check;
ALTER TABLE stream ADD CONSTRAINT stream_kind_check CHECK (kind IN ('deal', 'goal', 'workspace', 'opaque'));

CREATE TABLE tracking (
    workspace_id    uuid   NOT NULL, -- the workspace whose log the application writes to
    follower        text   NOT NULL, -- the application
    upstream        text   NOT NULL, -- what it reads
    notification_id bigint NOT NULL, -- the last one it has taken in: position + 1 when a workspace's log is what it reads
    PRIMARY KEY (workspace_id, follower, upstream)
);
COMMENT ON TABLE tracking IS 'How far each application has read what it follows, moved in the transaction of what it wrote about it.';
