"""What one process holds and has done, as numbers at one moment. Nothing in them is of one workspace or person."""

from collections.abc import Mapping
from typing import NamedTuple

from service.ledger.meter import Histogram


class Vitals(NamedTuple):
    """`groups` are the commits by their facts, `messages` those to webhooks by what came of them; what is `kept` is in
    memory; `pools` as psycopg tells of them.
    """

    groups: Histogram
    messages: Mapping[str, int]
    facts_waiting: int
    followers: int
    facts_behind: int
    workspaces: int
    streams_kept: int
    facts_kept: int
    ciphers_kept: int
    credentials_kept: int
    unreadable_streams: int
    pools: Mapping[str, Mapping[str, int]]
