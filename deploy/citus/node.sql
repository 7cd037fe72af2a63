-- Run once as superuser on every server of the cluster, in the database `throughline`, which has the extension citus: the
-- two roles, and how the servers reach each other. Passwords come from the environment of psql.
\getenv superuser_password POSTGRES_PASSWORD
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
SET citus.enable_ddl_propagation TO off; -- each server makes its own
CREATE ROLE throughline_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE throughline_app LOGIN PASSWORD :'app_password';
ALTER DATABASE throughline OWNER TO throughline_owner;
INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo) VALUES
    (0, 'postgres', 'password=' || :'superuser_password'),
    (0, 'throughline_owner', 'password=' || :'owner_password'),
    (0, 'throughline_app', 'password=' || :'app_password');
