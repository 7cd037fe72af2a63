-- The same of one webhook that is left to a process for some seconds.
SELECT h.webhook_id, h.party_id, h.credential_id, h.name, h.url, h.streams, h.types, h.kinds, h.state, h.reason, h.secret,
       h.old_secret, h.old_secret_until, h.position, h.previous, h.turn, h.changes,
       h.attempts, h.failing_since, h.next_attempt_at,
       h.created_at
  FROM claim_webhook(%s, %s, %s, %s, %s) h
