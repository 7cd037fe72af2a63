-- What lists need of a stream and cannot be kept current by appends alone, because it changes with time as well: trust,
-- signals. Derived from the facts that everybody who may see the stream may see, brought up to date when it is asked for.
CREATE TABLE summary (
    workspace_id  uuid        NOT NULL,
    stream_id     uuid        NOT NULL,
    version       bigint      NOT NULL, -- the stream's, that this was made of
    made_at       timestamptz NOT NULL, -- the moment that it was made for
    stale_at      timestamptz,          -- from then on it is to be made anew, though no fact arrived
    signals       text[]        NOT NULL, -- every signal that the facts make, on now or by time alone later:
    signals_since timestamptz[] NOT NULL, -- from then on
    signals_until timestamptz[] NOT NULL, -- and until before then
    -- One element a dimension of trust: its half-life, and the evidence at made_at. All that ages fades by the same factor,
    -- so that the score of any later moment before stale_at follows from these; what lasts has the prior in it.
    half_life_s   float8[]    NOT NULL,
    aging_for     float8[]    NOT NULL,
    aging_against float8[]    NOT NULL,
    lasting_for      float8[]    NOT NULL,
    lasting_against  float8[]    NOT NULL,
    detail        bytea       NOT NULL, -- the same exactly, and what tables over many streams count; no words
    PRIMARY KEY (workspace_id, stream_id)
);
COMMENT ON TABLE summary IS 'What lists show and sort by that time changes: derived, and may be deleted at any time together with summarised.';
CREATE INDEX summary_by_staleness ON summary (workspace_id, stale_at) WHERE stale_at IS NOT NULL;

CREATE TABLE summarised (
    workspace_id uuid   PRIMARY KEY,
    edition      text   NOT NULL, -- of the rules that the summaries were made under
    position     bigint NOT NULL  -- the log below it is in the summaries
);
COMMENT ON TABLE summarised IS 'How far the summaries of a workspace have followed its log.';
