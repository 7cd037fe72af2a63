-- One fact a transaction, as fast as PostgreSQL takes it. A client puts twenty facts on a stream, then begins the next.
\set n :n + 1
\set stream :n / 20
\set version :n % 20
INSERT INTO events (stream_id, version, type, said)
VALUES (md5(:client_id::text || '/' || :stream::text)::uuid, :version, 'note.recorded', :said);
