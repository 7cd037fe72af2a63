-- Whom a ticket serves, and since when.
SELECT t.credential_id, t.connection_id, t.used_at, t.party_id, t.ends_at
  FROM ticket t
 WHERE t.workspace_id = %(workspace)s AND t.ticket_id = %(ticket)s
