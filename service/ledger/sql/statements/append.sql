SELECT verdict, first_position, stored_at FROM append_events(
    %(workspace)b, %(at)b,
    %(streams)b, %(kinds)b, %(versions)b,
    %(key_ids)b, %(key_kinds)b, %(key_owners)b, %(key_wraps)b,
    %(event_streams)b, %(event_ids)b, %(types)b, %(envelopes)b, %(structures)b, %(structure_digests)b,
    %(words)b, %(words_keys)b, %(words_digests)b, %(proposal_digests)b,
    %(moved)b, %(moved_at)b, %(rows)b::text::jsonb, %(participations)b::text::jsonb, %(rewritten)b)
