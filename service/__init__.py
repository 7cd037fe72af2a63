"""The shell around the rules: HTTP, storage, keys, clock, settings and the command line."""
