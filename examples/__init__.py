"""Examples: each is run by a test, and none is imported by the service."""
