-- Devices that record offline, and what they sent that the rules refused: permanent verdicts, so that a repeat is
-- answered as the first time. What was accepted is in the log and nowhere else.
CREATE TABLE device (
    workspace_id uuid        NOT NULL,
    party_id     uuid        NOT NULL, -- whose: another person on the same device counts for themselves
    device_id    uuid        NOT NULL,
    epoch        bigint      NOT NULL, -- of the installation; a lower one is fenced
    expected     bigint      NOT NULL, -- the device_sequence that comes next
    held_by      uuid,                 -- the one push of the device that is under way
    held_until   timestamptz NOT NULL DEFAULT '-infinity',
    seen_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, party_id, device_id)
);
COMMENT ON TABLE device IS 'Which proposals of a device have arrived. Written by begin_push and end_push alone.';

CREATE TABLE refusal (
    workspace_id    uuid        NOT NULL,
    party_id        uuid        NOT NULL,
    event_id        uuid        NOT NULL,
    item_digest     bytea       NOT NULL, -- of what was sent: the verdict is about this content under this id
    device_id       uuid        NOT NULL,
    epoch           bigint      NOT NULL,
    device_sequence bigint      NOT NULL,
    makes           uuid[]      NOT NULL, -- ids that would have been made: whatever rests on them is refused as well
    problem         bytea       NOT NULL, -- sealed: a refusal may quote what was sent
    refused_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, party_id, event_id, item_digest)
);
COMMENT ON TABLE refusal IS 'Permanent verdicts on proposals of devices, kept for a promised time.';
CREATE INDEX refusal_by_device ON refusal (workspace_id, party_id, device_id, refused_at, event_id);
CREATE INDEX refusal_by_age ON refusal (workspace_id, refused_at);
