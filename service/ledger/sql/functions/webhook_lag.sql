-- How many facts the slowest active webhook of all workspaces has not looked at, and for how many seconds the first of
-- them that any has not was there.
CREATE OR REPLACE FUNCTION webhook_lag(OUT facts bigint, OUT seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(max(w.next_position - h.position), 0)::bigint,
           coalesce(max(extract(epoch FROM clock_timestamp() - e.recorded_at)), 0)::float8
      FROM webhook h
      JOIN workspace w ON w.workspace_id = h.workspace_id
      LEFT JOIN event e ON e.workspace_id = h.workspace_id AND e.position = h.position
     WHERE h.state = 'active' AND h.position < w.next_position
$$;
