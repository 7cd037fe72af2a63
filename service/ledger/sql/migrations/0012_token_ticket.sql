-- Tickets that were made with an issuer's token: whose they are, since no key stands behind them, and when the token ends.
ALTER TABLE ticket ADD COLUMN party_id uuid, ADD COLUMN ends_at timestamptz;
COMMENT ON COLUMN ticket.party_id IS 'The member who made it with a token; null when it was made with a key.';
