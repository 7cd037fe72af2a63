-- The run-time role reads the tables and writes through the functions alone: it cannot change or delete a fact.
GRANT SELECT ON workspace, event, stream, participation, content_key, credential, tracking, ticket TO throughline_app;
GRANT SELECT ON log_key, tree, tile, stream_end, stream_bucket, tree_head TO throughline_app;
GRANT SELECT ON summary, summarised TO throughline_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO throughline_app;
