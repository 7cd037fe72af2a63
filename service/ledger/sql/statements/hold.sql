-- Takes the counter row until the transaction ends: nobody else appends to the workspace meanwhile.
SELECT hold_workspace(%(workspace)s)
