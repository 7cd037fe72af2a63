-- What a refusal quotes can be erased: which ids its proposal named tells whom and what it is about, and the kind of
-- problem, which quotes nothing, is what is left of it.
ALTER TABLE refusal ADD COLUMN names uuid[] NOT NULL DEFAULT '{}', -- empty: not known, and so perhaps anybody
                    ADD COLUMN slug  text,
                    ALTER COLUMN problem DROP NOT NULL;            -- null: erased, and then item_digest is chance
DROP FUNCTION IF EXISTS end_push(uuid, uuid, uuid, uuid, bigint, timestamptz, uuid[], bytea[], bigint[], text[], bytea[],
                                 timestamptz, integer);
