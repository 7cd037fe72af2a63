-- Takes the tree until the transaction ends; nothing when another builder has it.
SELECT h.size, h.edge FROM hold_tree(%(workspace)s) h
