-- The erasures that were done.
SELECT r.event_id FROM erasure r WHERE r.workspace_id = %(workspace)s
