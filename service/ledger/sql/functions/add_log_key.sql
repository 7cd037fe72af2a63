-- A key that signs checkpoints from now on; false when the generation is not the next one.
CREATE OR REPLACE FUNCTION add_log_key(
    p_workspace uuid, p_generation integer, p_public_key bytea, p_wrapped bytea, p_at timestamptz
) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH added AS (
        INSERT INTO log_key (workspace_id, generation, public_key, wrapped, added_at)
        SELECT w.workspace_id, p_generation, p_public_key, p_wrapped, p_at
          FROM workspace w
         WHERE w.workspace_id = p_workspace
           AND p_generation = 1 + (
                SELECT coalesce(max(k.generation), 0) FROM log_key k WHERE k.workspace_id = p_workspace
               )
        ON CONFLICT DO NOTHING
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM added)
$$;
