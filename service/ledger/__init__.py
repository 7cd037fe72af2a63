"""The ledger: facts in, for ever; facts out, as recorded. Knows SQL, keys and caches; knows no HTTP and no rules."""
