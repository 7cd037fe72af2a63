-- How many facts no signed checkpoint covers yet, over all workspaces, and for how many seconds the oldest has waited.
CREATE OR REPLACE FUNCTION checkpoint_lag(OUT facts bigint, OUT seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(sum(w.next_position - coalesce(t.size, 0)), 0)::bigint,
           coalesce(max(extract(epoch FROM clock_timestamp() - e.recorded_at)), 0)::float8
      FROM workspace w
      LEFT JOIN tree t ON t.workspace_id = w.workspace_id
      LEFT JOIN event e ON e.workspace_id = w.workspace_id AND e.position = coalesce(t.size, 0)
     WHERE w.next_position > coalesce(t.size, 0)
$$;
