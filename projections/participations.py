"""Who takes part in a stream, and how many promises are open between them. One entry a person; nothing about trust."""

from collections import Counter
from uuid import UUID

from msgspec import Struct

from domain.fields import Instant, Side
from domain.state import Stream
from projections.list_row import said
from projections.moments import promises


class Participation(Struct, frozen=True, kw_only=True):
    """One person on one stream. `name` is the last one said, null when none was or it was erased.

    `joined_at` is when they first joined, `left_at` is null for who takes part now. `owes` and `owed` count the
    promises that they made and that were made to them, and are still open; a promise to oneself counts in both.
    """

    party_id: UUID
    name: str | None
    side: Side
    roles: tuple[str, ...]
    joined_at: Instant
    left_at: Instant | None
    owes: int
    owed: int


def participations(stream: Stream) -> list[Participation]:
    """Everybody who ever took part, in the order they came."""
    owes: Counter[UUID] = Counter()
    owed: Counter[UUID] = Counter()
    for promise in promises(stream):
        owes[promise.fact.data.debtor] += 1
        owed[promise.fact.data.creditor] += 1
    return [
        Participation(
            party_id=party_id,
            name=said(one.name),
            side=one.side,
            roles=one.roles,
            joined_at=one.joined_at,
            left_at=one.left_at,
            owes=owes[party_id],
            owed=owed[party_id],
        )
        for party_id, one in stream.participants.items()
    ]
