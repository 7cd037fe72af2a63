-- Webhooks of a workspace, the newest first, after a place in that order: of one party, one alone, or all.
SELECT h.webhook_id, h.party_id, h.credential_id, h.name, h.url, h.streams, h.types, h.kinds, h.state, h.reason, h.secret,
       h.old_secret, h.old_secret_until, h.position, h.previous, h.turn, h.changes,
       h.attempts, h.failing_since, h.next_attempt_at,
       h.created_at
  FROM webhook h
 WHERE h.workspace_id = %(workspace)s AND h.state <> 'deleted'
   AND (%(party)s::uuid IS NULL OR h.party_id = %(party)s)
   AND (%(webhook)s::uuid IS NULL OR h.webhook_id = %(webhook)s)
 ORDER BY h.created_at DESC, h.webhook_id DESC
