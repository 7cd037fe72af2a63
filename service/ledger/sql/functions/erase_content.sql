-- Destroys content that the log already says is erased: called last in the transaction that appended the erasing facts.
--
-- Takes the counter row (which that transaction holds), so that no append comes in between. Raises when a stream that
-- loses content has no erasing fact from p_first on: nothing is destroyed without a trace. Of the facts' rows only
-- sealed parts and the digest of what was sent go; envelopes, digests, leaves and so all proofs stay. A later fact
-- about an erased party gets another key, because append_events refuses words under a key that is not there.
-- Answers the number of facts whose content went.
CREATE OR REPLACE FUNCTION erase_content(
    p_workspace uuid,
    p_event_id  uuid,        -- of the fact that records the erasure
    p_scope     text,
    p_target    uuid,
    p_events    uuid[],      -- scope event: the fact, its corrections and the notes on it
    p_streams   uuid[],      -- every stream that loses content
    p_keys      uuid[],      -- scope party: the keys of that party
    p_first     bigint,      -- position of the first erasing fact
    p_at        timestamptz
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_facts bigint;
BEGIN
    PERFORM FROM workspace w WHERE w.workspace_id = p_workspace FOR UPDATE;
    IF EXISTS (
        SELECT FROM unnest(p_streams || CASE WHEN p_scope = 'party' THEN p_workspace END) AS lost(stream_id)
         WHERE lost.stream_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM event e
                 WHERE e.workspace_id = p_workspace AND e.stream_id = lost.stream_id AND e.position >= p_first
                   AND e.type IN ('content.erased', 'party.erased')
               )
    ) OR NOT EXISTS (
        SELECT FROM event e
         WHERE e.workspace_id = p_workspace AND e.event_id = p_event_id AND e.position >= p_first
           AND e.type IN ('content.erased', 'party.erased')
    ) THEN
        RAISE EXCEPTION 'an erasure that the log does not record' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    UPDATE event e
       SET words = NULL, proposal_digest = NULL, structure = CASE WHEN p_scope = 'stream' THEN NULL ELSE e.structure END
     WHERE e.workspace_id = p_workspace AND e.stream_id = ANY (p_streams) AND e.position < p_first
       AND CASE p_scope
               WHEN 'event' THEN e.event_id = ANY (p_events)
               WHEN 'party' THEN e.words_key = ANY (p_keys)
               ELSE e.words_key IS DISTINCT FROM e.event_id
           END
       AND (e.words IS NOT NULL OR (p_scope = 'stream' AND e.structure IS NOT NULL));
    GET DIAGNOSTICS v_facts = ROW_COUNT;
    -- Words under a key that is about to go, on a stream that the caller did not name, would be lost without a fact.
    IF p_scope = 'party' AND EXISTS (
        SELECT FROM event e
         WHERE e.workspace_id = p_workspace AND e.stream_id = p_workspace AND e.words_key = ANY (p_keys)
           AND e.words IS NOT NULL AND NOT e.stream_id = ANY (p_streams)
    ) THEN
        RAISE EXCEPTION 'words that were not counted' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    UPDATE content_key k SET wrapped = NULL, destroyed_at = p_at, destroyed_by = p_event_id
     WHERE k.workspace_id = p_workspace AND k.wrapped IS NOT NULL
       AND CASE p_scope
               WHEN 'party' THEN k.kind = 'party' AND k.owner_id = p_target AND k.key_id = ANY (p_keys)
               WHEN 'stream' THEN k.kind = 'stream' AND k.key_id = p_target
               ELSE false
           END;

    -- What devices were refused may quote what they sent. Whom such a quote is about cannot be told beyond the ids that
    -- stood beside it: of a party's erasure, all that names the party or a stream with its words goes, and all that the
    -- party itself sent. That it was refused stays; the digest of what was sent goes, as that of a recorded fact does.
    UPDATE refusal r SET problem = NULL, item_digest = uuid_send(gen_random_uuid())
     WHERE r.workspace_id = p_workspace AND r.problem IS NOT NULL
       AND (cardinality(r.names) = 0
            OR r.names && CASE p_scope WHEN 'party' THEN p_target || p_streams ELSE p_target || p_events END
            OR (p_scope = 'party' AND r.party_id = p_target));

    IF p_scope = 'party' THEN
        UPDATE participation p SET name = NULL, name_key = NULL
         WHERE p.workspace_id = p_workspace AND p.party_id = p_target;
        UPDATE credential c SET name = '[erased]' WHERE c.workspace_id = p_workspace AND c.party_id = p_target;
    ELSIF p_scope = 'stream' THEN
        -- In no list any more: seen by nobody, due never.
        UPDATE stream s
           SET visibility = 'private', openers = '{}', parties = '{}', status = 'erased', outcome = NULL, stage = NULL,
               card = NULL, customer_tag = NULL, forces_net = NULL, dues = '{}', attention_at = NULL,
               has_routine = false
         WHERE s.workspace_id = p_workspace AND s.stream_id = p_target;
        DELETE FROM participation p WHERE p.workspace_id = p_workspace AND p.stream_id = p_target;
        -- Whoever is keeping summaries has them kept first, and keeps none of what is erased after that.
        PERFORM FROM summarised d WHERE d.workspace_id = p_workspace FOR UPDATE;
        DELETE FROM summary u WHERE u.workspace_id = p_workspace AND u.stream_id = p_target;
    END IF;

    INSERT INTO erasure (workspace_id, event_id, scope, target_id, facts, streams, erased_at)
    VALUES (p_workspace, p_event_id, p_scope, p_target, v_facts, cardinality(p_streams), p_at);
    RETURN v_facts;
END $$;
