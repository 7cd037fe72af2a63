"""The service beside its alternatives: same machine, same PostgreSQL, same run. Nothing here runs in the service."""
