-- Grows a workspace's tree from one size to a larger one and stores the checkpoint that was signed for it: all or nothing.
--
-- False, with nothing written, when the tree is not at p_from any more, or the log is shorter than p_size. So there is
-- one checkpoint a size, each grown from the one before, however many processes try.
CREATE OR REPLACE FUNCTION grow_tree(
    p_workspace    uuid,
    p_from         bigint,
    p_size         bigint,
    p_edge         bytea,
    p_levels       integer[], -- full tiles
    p_numbers      bigint[],
    p_hashes       bytea[],
    p_roots        bytea[],
    p_ends         integer[], -- streams that have grown: their buckets, their keys, and where they end
    p_keys         bytea[],
    p_versions     bigint[],
    p_entries      bytea[],
    p_buckets      integer[], -- the buckets that have changed
    p_bucket_roots bytea[],
    p_root         bytea,
    p_streams_root bytea,
    p_note         text,
    p_at           timestamptz
) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM tree t WHERE t.workspace_id = p_workspace AND t.size = p_from FOR UPDATE;
    IF NOT FOUND OR p_size <= p_from OR p_size > (
        SELECT w.next_position FROM workspace w WHERE w.workspace_id = p_workspace
    ) THEN
        RETURN false;
    END IF;
    UPDATE tree SET size = p_size, edge = p_edge, held_until = '-infinity' WHERE workspace_id = p_workspace;
    INSERT INTO tile (workspace_id, level, number, hashes, root)
    SELECT p_workspace, new.* FROM unnest(p_levels, p_numbers, p_hashes, p_roots) AS new;
    INSERT INTO stream_end (workspace_id, bucket, key, version, entry)
    SELECT p_workspace, new.* FROM unnest(p_ends, p_keys, p_versions, p_entries) AS new
    ON CONFLICT (workspace_id, bucket, key) DO UPDATE SET version = excluded.version, entry = excluded.entry;
    INSERT INTO stream_bucket (workspace_id, bucket, root)
    SELECT p_workspace, new.* FROM unnest(p_buckets, p_bucket_roots) AS new
    ON CONFLICT (workspace_id, bucket) DO UPDATE SET root = excluded.root;
    INSERT INTO tree_head (workspace_id, size, root, streams_root, note, signed_at)
    VALUES (p_workspace, p_size, p_root, p_streams_root, p_note, p_at);
    RETURN true;
END $$;
