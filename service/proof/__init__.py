"""What makes the log checkable without the service: trees, signed checkpoints, bundles. No database, no network."""
