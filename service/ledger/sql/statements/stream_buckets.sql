-- The roots of all buckets that hold streams.
SELECT b.bucket, b.root FROM stream_bucket b WHERE b.workspace_id = %(workspace)s
