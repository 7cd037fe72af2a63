"""Webhooks: facts sent to addresses as they are recorded. Each sees what the key sees that it was made with.

A webhook is a place in the log (`rows`). One process at a time holds it (`delivering`), reads on from there as a
follower of the feed would (`rounds`), makes a signed message of each fact (`messages`, `secrets`), and sends it to an
address that was checked (`addresses`, `sending`). Only when that has gone well the place moves. No receiver keeps
another one waiting, and nothing here is on the way of a fact that is recorded.
"""
