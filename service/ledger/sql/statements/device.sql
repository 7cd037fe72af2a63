-- Where a party's device is at.
SELECT d.epoch, d.expected
  FROM device d
 WHERE d.workspace_id = %(workspace)s AND d.party_id = %(party)s AND d.device_id = %(device)s
