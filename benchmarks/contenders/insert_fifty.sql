-- Fifty facts of fifty streams in one transaction: what committing in groups can reach at best.
\set n :n + 1
INSERT INTO events (stream_id, version, type, said)
SELECT md5(:client_id::text || '/' || :n::text || '/' || g)::uuid, 0, 'note.recorded', :said FROM generate_series(1, 50) AS g;
