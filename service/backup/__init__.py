"""`throughline backup` and `throughline restore`: a copy of the database by PostgreSQL's own programs, and back."""
