-- A key signs no checkpoint any more; false when it is no key in use, or the only one.
CREATE OR REPLACE FUNCTION retire_log_key(p_workspace uuid, p_generation integer, p_at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH retired AS (
        UPDATE log_key k SET retired_at = p_at
         WHERE k.workspace_id = p_workspace AND k.generation = p_generation AND k.retired_at IS NULL
           AND EXISTS (
                SELECT FROM log_key other
                 WHERE other.workspace_id = p_workspace AND other.generation > p_generation AND other.retired_at IS NULL
               )
        RETURNING 1
    ) SELECT EXISTS (SELECT FROM retired)
$$;
