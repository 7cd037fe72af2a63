-- How far an application has read.
SELECT t.notification_id FROM tracking t
 WHERE t.workspace_id = %(workspace)s AND t.follower = %(follower)s AND t.upstream = %(upstream)s
