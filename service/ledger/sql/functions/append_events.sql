-- Appends one group of facts to a workspace: everything or nothing, one call, one commit.
--
-- Takes the counter row first, so that appends to a workspace happen one after the other. Then, without having written:
--   'no workspace'  there is no such workspace
--   'stale'         a stream is not at the version the caller decided against
--   'recorded'      an event id is already in the workspace
--   'keyed'         a content key for the same owner was made by somebody else meanwhile
--   'erased'        words are sealed under a key that was destroyed meanwhile
-- or, everything written: 'appended' with the position of the first fact and the moment of storing, which never goes back.
--
-- A fact's leaf is SHA-256 over 0x00 (RFC 9162, section 2.1.1) and the RFC 8785 form of
-- {envelope, previous, recorded_at, stream_id, structure, version, words}: digests in hexadecimal, `previous` the leaf
-- before it on the same stream ('' for the first), `words` '' when the fact has none.
--
-- Rows are made by one series and subscripts: unnest() in FROM makes a table in memory of each array, and a single fact
-- would pay more for those than for being written.
CREATE OR REPLACE FUNCTION append_events(
    p_workspace         uuid,
    p_at                timestamptz,
    p_streams           uuid[],   -- every stream the caller decided on, with
    p_kinds             text[],   --   its kind and
    p_versions          bigint[], --   its version then; 0 means it must not exist
    p_key_ids           uuid[],   -- new content keys
    p_key_kinds         text[],
    p_key_owners        uuid[],
    p_key_wraps         bytea[],
    p_event_streams     integer[], -- the facts in order: which of p_streams (from 1)
    p_event_ids         uuid[],
    p_types             text[],
    p_envelopes         bytea[],
    p_structures        bytea[],
    p_structure_digests bytea[],
    p_words             bytea[],
    p_words_keys        uuid[],
    p_words_digests     bytea[],
    p_proposal_digests  bytea[],
    p_moved             integer[],     -- streams written to whose list row stays as it is, save for
    p_moved_at          timestamptz[], --   when the last event happened
    p_rows              jsonb,    -- the list rows of the other streams written to; without `card`, the card stays
    p_participations    jsonb,    -- the participations that changed; without `name`, the name stays
    p_rewritten         integer[] -- streams whose participations are written anew: a void may take a joining out again
) RETURNS TABLE (verdict text, first_position bigint, stored_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    v_first    bigint;
    v_at       timestamptz;
    v_instant  text;
    v_count    integer := cardinality(p_event_ids);
    v_version  bigint[] := p_versions;
    v_last     bytea[];
    v_versions bigint[];
    v_leaves   bytea[];
    v_stream   integer;
    v_recorded boolean;
    v_erased   boolean;
BEGIN
    SELECT w.next_position, greatest(w.last_recorded_at, p_at) INTO v_first, v_at
      FROM workspace w WHERE w.workspace_id = p_workspace FOR UPDATE;
    IF NOT FOUND THEN
        verdict := 'no workspace';
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT ARRAY(
            -- The last leaf of each stream, in turn; null for one that is not at its version.
            SELECT CASE WHEN coalesce(s.version, 0) = p_versions[want.stream] THEN coalesce(s.last_leaf, '') END
              FROM (SELECT generate_series(1, cardinality(p_streams)) AS stream) AS want
              -- LIMIT 1 keeps this a look-up by key for one after the other: a plain join may read every stream while
              -- the table was never analysed.
              LEFT JOIN LATERAL (
                    SELECT k.version, k.last_leaf FROM stream k
                     WHERE k.workspace_id = p_workspace AND k.stream_id = p_streams[want.stream] LIMIT 1
                   ) s ON true
           ),
           EXISTS (SELECT FROM event e WHERE e.workspace_id = p_workspace AND e.event_id = ANY (p_event_ids)),
           EXISTS (
            SELECT FROM (SELECT unnest(p_words_keys) AS key_id) AS used
             WHERE used.key_id IS NOT NULL AND used.key_id <> ALL (p_key_ids)
               AND (SELECT k.wrapped FROM content_key k
                     WHERE k.workspace_id = p_workspace AND k.key_id = used.key_id) IS NULL
           )
      INTO v_last, v_recorded, v_erased;
    verdict := CASE WHEN array_position(v_last, NULL) IS NOT NULL THEN 'stale'
                    WHEN v_recorded THEN 'recorded'
                    WHEN v_erased THEN 'erased' END;
    IF verdict IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;

    IF cardinality(p_key_ids) > 0 THEN
        IF EXISTS (
            SELECT FROM unnest(p_key_kinds, p_key_owners) AS new(kind, owner_id)
              JOIN LATERAL (
                    SELECT FROM content_key k
                     WHERE k.workspace_id = p_workspace AND k.kind = new.kind AND k.owner_id = new.owner_id
                       AND k.wrapped IS NOT NULL LIMIT 1
                   ) held ON true
        ) THEN
            verdict := 'keyed';
            RETURN NEXT;
            RETURN;
        END IF;
        INSERT INTO content_key (workspace_id, key_id, kind, owner_id, wrapped)
        SELECT p_workspace, new.* FROM unnest(p_key_ids, p_key_kinds, p_key_owners, p_key_wraps) AS new;
    END IF;

    v_instant := to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    FOR i IN 1 .. v_count LOOP
        v_stream := p_event_streams[i];
        v_version[v_stream] := v_version[v_stream] + 1;
        v_last[v_stream] := sha256('\x00'::bytea || convert_to(
            '{"envelope":"' || encode(sha256(p_envelopes[i]), 'hex')
            || '","previous":"' || encode(v_last[v_stream], 'hex')
            || '","recorded_at":"' || v_instant
            || '","stream_id":"' || p_kinds[v_stream] || '/' || p_streams[v_stream]
            || '","structure":"' || encode(p_structure_digests[i], 'hex')
            || '","version":' || v_version[v_stream]
            || ',"words":"' || coalesce(encode(p_words_digests[i], 'hex'), '') || '"}', 'UTF8'));
        v_versions[i] := v_version[v_stream];
        v_leaves[i] := v_last[v_stream];
    END LOOP;

    INSERT INTO event (workspace_id, stream_id, version, position, event_id, type, recorded_at, envelope, structure,
                       words, words_key, structure_digest, words_digest, proposal_digest, leaf)
    SELECT p_workspace, p_streams[p_event_streams[i]], v_versions[i], v_first + i - 1, p_event_ids[i], p_types[i], v_at,
           p_envelopes[i], p_structures[i], p_words[i], p_words_keys[i], p_structure_digests[i], p_words_digests[i],
           p_proposal_digests[i], v_leaves[i]
      FROM (SELECT generate_series(1, v_count) AS i) AS new;

    -- They exist, so that this only updates; but it looks each up by key, whatever the planner thinks of the table.
    INSERT INTO stream AS s (workspace_id, stream_id, kind, version, last_leaf, last_event_at, updated_at)
    SELECT p_workspace, p_streams[p_moved[i]], p_kinds[p_moved[i]], v_version[p_moved[i]], v_last[p_moved[i]],
           p_moved_at[i], v_at
      FROM (SELECT generate_series(1, cardinality(p_moved)) AS i) AS moved
    ON CONFLICT (workspace_id, stream_id) DO UPDATE SET
        version = excluded.version, last_leaf = excluded.last_leaf, last_event_at = excluded.last_event_at,
        updated_at = excluded.updated_at;

    IF p_rows IS NOT NULL THEN
        INSERT INTO stream AS s (workspace_id, stream_id, kind, version, last_leaf, visibility, openers, parties,
                                 status, outcome, stage, card, customer_tag, forces_net, dues, attention_at,
                                 has_routine, opened_at, last_event_at, updated_at)
        SELECT p_workspace, p_streams[r.stream], p_kinds[r.stream], v_version[r.stream], v_last[r.stream],
               r.visibility, r.openers, r.parties, r.status, r.outcome, r.stage, r.card, r.customer_tag, r.forces_net,
               r.dues, r.attention_at, r.has_routine, r.opened_at, r.last_event_at, v_at
          FROM jsonb_to_recordset(p_rows) AS r(
                   stream integer, visibility text, openers uuid[], parties uuid[], status text, outcome text,
                   stage text, card bytea, customer_tag bytea, forces_net integer, dues timestamptz[],
                   attention_at timestamptz, has_routine boolean, opened_at timestamptz, last_event_at timestamptz)
        ON CONFLICT (workspace_id, stream_id) DO UPDATE SET
            version = excluded.version, last_leaf = excluded.last_leaf, visibility = excluded.visibility,
            openers = excluded.openers, parties = excluded.parties, status = excluded.status,
            outcome = excluded.outcome, stage = excluded.stage,
            card = coalesce(excluded.card, s.card),
            customer_tag = CASE WHEN excluded.card IS NULL THEN s.customer_tag ELSE excluded.customer_tag END,
            forces_net = excluded.forces_net, dues = excluded.dues, attention_at = excluded.attention_at,
            has_routine = excluded.has_routine, opened_at = excluded.opened_at,
            last_event_at = excluded.last_event_at, updated_at = excluded.updated_at;
    END IF;

    IF cardinality(p_rewritten) > 0 THEN
        DELETE FROM participation p
         WHERE p.workspace_id = p_workspace
           AND p.stream_id IN (SELECT p_streams[stream] FROM unnest(p_rewritten) AS stream);
    END IF;

    IF p_participations IS NOT NULL THEN
        INSERT INTO participation AS p (workspace_id, party_id, stream_id, side, roles, joined_at, left_at, name,
                                        name_key, owes, owed)
        SELECT p_workspace, n.party_id, p_streams[n.stream], n.side, n.roles, n.joined_at, n.left_at, n.name,
               n.name_key, n.owes, n.owed
          FROM jsonb_to_recordset(p_participations) AS n(
                   party_id uuid, stream integer, side text, roles text[], joined_at timestamptz, left_at timestamptz,
                   name bytea, name_key uuid, owes integer, owed integer)
        ON CONFLICT (workspace_id, party_id, stream_id) DO UPDATE SET
            side = excluded.side, roles = excluded.roles, joined_at = excluded.joined_at, left_at = excluded.left_at,
            name = coalesce(excluded.name, p.name),
            name_key = CASE WHEN excluded.name IS NULL THEN p.name_key ELSE excluded.name_key END, owes = excluded.owes, owed = excluded.owed;
    END IF;

    UPDATE workspace SET next_position = v_first + v_count, last_recorded_at = v_at WHERE workspace_id = p_workspace;
    verdict := 'appended';
    first_position := v_first;
    stored_at := v_at;
    RETURN NEXT;
END $$;
