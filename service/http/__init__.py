"""The HTTP face: routes, wire forms, problems, identity, limits. Knows no SQL and decides nothing about facts."""
