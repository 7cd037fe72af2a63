-- Run once as superuser on an empty server: the role that owns the tables, the role the service runs as, and the database.
-- Passwords come from the environment of psql.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE throughline_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE throughline_app LOGIN PASSWORD :'app_password';
CREATE DATABASE throughline OWNER throughline_owner;
