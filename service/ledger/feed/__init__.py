"""The feed: the workspace's facts in the order they were recorded, for whoever follows. No HTTP, no rule of its own.

A fact becomes an `Entry` once in a process, whoever reads it (`entries`). The last of them are held while somebody
follows (`tail`); who is further behind reads from the database (`reading`). `following` serves each follower.
"""
