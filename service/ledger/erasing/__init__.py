"""Erasing: destroys content, once the log says so, in one transaction. Whoever may ask for it has been asked before.

What is `asked`, how far it `reach`es, the facts that have to `say` it, and `doing` it, with the `journal` outside the
database. No HTTP, no rule about who may.
"""
