"""A stream as one row of a list (P0). Made at every append, so it looks at what is open and never at all the facts."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.corrections import REWRITING
from domain.effects import EFFECTS
from domain.facts import ERASED, Visibility
from domain.relations import PLANS
from domain.state import Stream, Thing
from projections.moments import falls_due, moment

# Push and pull move somebody, anxiety and habit hold them.
FORCE_SIGN = {"push": 1, "pull": 1, "anxiety": -1, "habit": -1}
LIFECYCLE_UNSAID = "active"  # of a goal whose lifecycle nobody has recorded yet


# Of what is open, a row tells when these fall due, how strong forces are, and that there is a routine.
TOLD = frozenset({"commitment", "force", "milestone", "no", "routine"})

STILL = frozenset(
    name
    for name, plan in PLANS.items()
    if name not in EFFECTS
    and name not in REWRITING
    and not plan.event_type.service_only
    and (plan.step is None or plan.step.kind not in TOLD)
)
"""Types of facts that change nothing in a stream's row but when its last event was; most facts are of these."""


class Card(Struct, frozen=True, omit_defaults=True):
    """The words of a row as they stand; a goal's title is its statement. None: not said, or erased."""

    title: str | None = None
    customer: str | None = None
    product: str | None = None


class ListRow(Struct, frozen=True, kw_only=True, gc=False):
    """One stream in a list, apart from its words.

    `visibility` and `openers` (the actor and the acting party) are the first fact's, `parties` is everybody who ever
    took part, in the order they came. `status` is open or closed on a deal, the lifecycle on a goal; `outcome` the
    close's that holds, or the goal's achievement. `forces_net` is push and pull minus anxiety and habit, each 0..5 per
    force still at work; None while none was ever observed. `dues` (UTC, ascending) are those of the open promises.
    From `attention_at` on the agenda may have something to show; routines apart, of which `has_routine` tells.
    """

    visibility: Visibility
    openers: list[UUID]
    parties: list[UUID]
    status: str
    outcome: str | None
    stage: str | None
    forces_net: int | None
    dues: list[datetime]
    attention_at: datetime | None
    has_routine: bool
    opened_at: datetime
    last_event_at: datetime

    def stays(self, before: "ListRow | None") -> bool:
        """Whether this is the row from `before`, save for the time of the last event."""
        if before is None:
            return False
        return msgspec.structs.replace(before, last_event_at=self.last_event_at) == self


def list_row(stream: Stream) -> ListRow:
    """The row of a stream that has its first fact. Costs what is open on it, however many facts it has."""
    first, opened_at, last_at = stream.first, stream.first_at, stream.last_at
    assert first is not None, "a stream begins with its first fact"
    assert opened_at is not None
    assert last_at is not None
    opener, acting = first.actor.party_id, first.acting_party
    things = stream.open_things()
    dues, attention_at = _dues(stream, things)
    return ListRow(
        visibility=stream.visibility(first),
        openers=[opener] if acting == opener else [opener, acting],
        parties=list(stream.participants),
        status=status(stream),
        outcome=stream.achievement if stream.closed is None else stream.closed.data.outcome,
        stage=stream.stage,
        forces_net=forces_net(stream, things),
        dues=dues,
        attention_at=attention_at,
        has_routine=any(thing.kind == "routine" for thing in things),
        opened_at=opened_at,
        last_event_at=last_at,
    )


def card(stream: Stream) -> Card:
    """The words of a stream's row, after everything that was changed or restated."""
    terms: Any = stream.terms
    if terms is None:
        return Card()
    if stream.kind == "goal":
        return Card(title=said(terms.statement))
    return Card(title=said(terms.title), customer=said(terms.customer), product=said(terms.product))


def said(words: str | None) -> str | None:
    """The words, unless they were erased."""
    return None if words == ERASED else words


def status(stream: Stream) -> str:
    """Of a deal, open or closed; of a goal, its lifecycle."""
    if stream.kind == "goal":
        return stream.lifecycle or LIFECYCLE_UNSAID
    return "open" if stream.closed is None else "closed"


def forces_net(stream: Stream, open_things: list[Thing]) -> int | None:
    """The latest intensities of the forces at work: those that move, less those that hold; None if none was seen."""
    if not stream.counts.get("forces"):
        return None
    return sum(FORCE_SIGN[thing.fact.data.force] * thing.intensity for thing in open_things if thing.kind == "force")


def _dues(stream: Stream, open_things: list[Thing]) -> tuple[list[datetime], datetime | None]:
    """The due times of the open promises in order; and from when on anything open is worth showing."""
    dues: list[datetime] = []
    attention_at: datetime | None = None
    for thing in open_things:
        due = falls_due(stream, thing)
        if due is None:
            continue
        at, near, _ = moment(due)
        if attention_at is None or near < attention_at:
            attention_at = near
        if thing.kind == "commitment":
            dues.append(at)
    dues.sort()
    return dues, attention_at
