-- Leaves the tree to this builder for some seconds; nothing when another has it.
SELECT h.size, h.edge FROM hold_tree(%(workspace)s, %(builder)s, %(seconds)s) h
