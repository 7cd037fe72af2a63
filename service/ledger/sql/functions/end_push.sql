-- Keeps what a push came to: which sequence is expected next, and what was refused. False, with nothing kept, when the
-- push no longer has the device. A fact that was recorded meanwhile is not refused any more. Verdicts older than promised
-- go, a bounded number at a time that is more than a push can bring, so that they do not grow without end.
CREATE OR REPLACE FUNCTION end_push(
    p_workspace uuid, p_party uuid, p_device uuid, p_push uuid, p_expected bigint, p_at timestamptz,
    p_events uuid[], p_digests bytea[], p_sequences bigint[], p_makes text[], p_names text[],
    p_slugs text[], p_problems bytea[],
    p_kept_since timestamptz, p_cleared_max integer
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_epoch bigint;
BEGIN
    UPDATE device d SET expected = greatest(d.expected, p_expected), held_by = NULL, held_until = '-infinity'
     WHERE d.workspace_id = p_workspace AND d.party_id = p_party AND d.device_id = p_device AND d.held_by = p_push
    RETURNING d.epoch INTO v_epoch;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO refusal (workspace_id, party_id, event_id, item_digest, device_id, epoch, device_sequence, makes, names, slug,
                         problem, refused_at)
    SELECT p_workspace, p_party, r.event_id, r.digest, p_device, v_epoch, r.sequence, r.makes::uuid[], r.names::uuid[],
           r.slug, r.problem, p_at
      FROM unnest(p_events, p_digests, p_sequences, p_makes, p_names, p_slugs, p_problems)
           AS r (event_id, digest, sequence, makes, names, slug, problem)
     WHERE NOT EXISTS (SELECT FROM event e
                        WHERE e.workspace_id = p_workspace AND e.event_id = r.event_id AND e.proposal_digest = r.digest)
    ON CONFLICT DO NOTHING;
    DELETE FROM refusal old
     WHERE old.workspace_id = p_workspace
       -- By where they lie: by their key, a table that was never analysed may be read once for each of them.
       AND old.ctid = ANY (ARRAY(
               SELECT o.ctid FROM refusal o
                WHERE o.workspace_id = p_workspace AND o.refused_at < p_kept_since
                ORDER BY o.refused_at LIMIT p_cleared_max FOR UPDATE SKIP LOCKED));
    RETURN true;
END $$;
