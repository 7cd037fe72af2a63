-- Which builder is at a tree. A row lock would keep a transaction open meanwhile, and with it every old version of the
-- counter row that appends update thousands of times a second.
ALTER TABLE tree ADD COLUMN held_by uuid;
ALTER TABLE tree ADD COLUMN held_until timestamptz NOT NULL DEFAULT '-infinity';
