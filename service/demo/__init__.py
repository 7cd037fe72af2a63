"""The demo: two invented stories, told to a service over its API as any client would. The ledger is not imported."""
