-- Tells at start whether the service was given the master key that this database's content was sealed with.
CREATE TABLE keyring (
    id          integer PRIMARY KEY CHECK (id = 1),
    check_value bytea   NOT NULL -- 32 zero bytes, wrapped by the master key
);
COMMENT ON TABLE keyring IS 'One row, written at the first start: a known value sealed under the master key.';
