-- How long a lock is waited for until the transaction ends.
SELECT set_config('lock_timeout', %(wait)s, true)
