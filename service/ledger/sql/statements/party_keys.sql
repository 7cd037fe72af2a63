-- The keys in use of some parties.
SELECT k.key_id, k.kind, k.owner_id, k.wrapped
  FROM content_key k
 WHERE k.workspace_id = %(workspace)s AND k.kind = 'party' AND k.owner_id = ANY (%(parties)s) AND k.wrapped IS NOT NULL
