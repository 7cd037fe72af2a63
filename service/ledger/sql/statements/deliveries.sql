-- Attempts to send to a webhook, the newest first, after a place in that order.
SELECT d.delivery_id, d.at, d.message, d.position, d.attempt, d.outcome, d.status, d.took_ms
  FROM delivery d
 WHERE d.workspace_id = %(workspace)s AND d.webhook_id = %(webhook)s
   AND (%(after_at)s::timestamptz IS NULL OR (d.at, d.delivery_id) < (%(after_at)s, %(after)s::uuid))
 ORDER BY d.at DESC, d.delivery_id DESC
 LIMIT %(limit)s
