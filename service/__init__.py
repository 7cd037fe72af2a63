"""The shell around the rules: HTTP, storage, keys, clock, settings and the command line."""

__version__ = "0.1.0"
