-- Whether devices were refused something that a party sent, or that names it, and that may be quoted still.
SELECT FROM refusal r
 WHERE r.workspace_id = %(workspace)s AND r.problem IS NOT NULL
   AND (r.party_id = %(party)s OR r.names && ARRAY[%(party)s]::uuid[])
 LIMIT 1
