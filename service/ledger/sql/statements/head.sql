-- The log's size: the next position.
SELECT next_position FROM read_head(%(workspace)s) AS next_position
