-- Keeps summaries, and that the log before p_to is in them: it was before p_from until now. Equal, the two only keep.
--
-- False, and nothing is kept, when another process has moved the summaries on meanwhile. Of two summaries of a stream
-- that of the later version is kept, then that of the later moment; of an erased stream none.
-- Under other rules all begins anew: whoever has p_from 0 takes the table over. The position becomes one below 0 by
-- chance, whatever p_to is, so that who had begun before the takeover, under whichever rules, is refused.
CREATE OR REPLACE FUNCTION keep_summaries(
    p_workspace uuid, p_edition text, p_from bigint, p_to bigint, p_rows jsonb
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_edition  text;
    v_position bigint;
BEGIN
    INSERT INTO summarised (workspace_id, edition, position)
    SELECT w.workspace_id, p_edition, 0 FROM workspace w WHERE w.workspace_id = p_workspace
    ON CONFLICT (workspace_id) DO NOTHING;
    IF FOUND THEN -- erase_content sees no new row, but this lock
        PERFORM FROM workspace w WHERE w.workspace_id = p_workspace FOR KEY SHARE;
    END IF;

    -- Held to the end, and by erase_content too: what it deletes is not put back.
    SELECT d.edition, d.position INTO v_edition, v_position
      FROM summarised d WHERE d.workspace_id = p_workspace FOR UPDATE;
    IF v_edition = p_edition AND v_position = p_from THEN
        IF p_to <> p_from THEN
            UPDATE summarised d SET position = p_to WHERE d.workspace_id = p_workspace;
        END IF;
    ELSIF v_edition <> p_edition AND p_from = 0 THEN
        DELETE FROM summary s WHERE s.workspace_id = p_workspace;
        UPDATE summarised d SET edition = p_edition, position = -1 - floor(random() * 1e15)
         WHERE d.workspace_id = p_workspace;
    ELSE
        RETURN false;
    END IF;

    INSERT INTO summary AS s (workspace_id, stream_id, version, made_at, stale_at, signals, signals_since, signals_until,
                              half_life_s, aging_for, aging_against, lasting_for, lasting_against, detail)
    SELECT p_workspace, r.stream_id, r.version, r.made_at, r.stale_at, r.signals, r.signals_since, r.signals_until,
           r.half_life_s, r.aging_for, r.aging_against, r.lasting_for, r.lasting_against, r.detail
      FROM jsonb_to_recordset(p_rows) AS r(
               stream_id uuid, version bigint, made_at timestamptz, stale_at timestamptz, signals text[],
               signals_since timestamptz[], signals_until timestamptz[], half_life_s float8[], aging_for float8[], aging_against float8[], lasting_for float8[],
               lasting_against float8[], detail bytea)
     WHERE NOT EXISTS (
            SELECT FROM stream e
             WHERE e.workspace_id = p_workspace AND e.stream_id = r.stream_id AND e.status = 'erased'
           )
    ON CONFLICT (workspace_id, stream_id) DO UPDATE SET
        version = excluded.version, made_at = excluded.made_at, stale_at = excluded.stale_at,
        signals = excluded.signals, signals_since = excluded.signals_since, signals_until = excluded.signals_until,
        half_life_s = excluded.half_life_s,
        aging_for = excluded.aging_for, aging_against = excluded.aging_against, lasting_for = excluded.lasting_for,
        lasting_against = excluded.lasting_against, detail = excluded.detail
     WHERE (s.version, s.made_at) <= (excluded.version, excluded.made_at);
    RETURN true;
END $$;
