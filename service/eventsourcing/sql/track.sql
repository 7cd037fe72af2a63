SELECT track_notification(%(workspace)s, %(follower)s, %(upstream)s, %(notification)s)
