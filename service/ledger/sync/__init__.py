"""Syncing: what devices recorded offline, and how each proposal of theirs ends. No HTTP; the rules are the domain's."""
