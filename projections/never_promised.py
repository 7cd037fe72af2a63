"""What waits for a promise that nobody gave, so that a clean record of easy promises does not look like a full one."""

from collections.abc import Collection, Iterator
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.fields import Instant, Side
from domain.state import Thing
from projections.figures import days
from projections.list_row import said
from projections.moments import journey_over
from projections.promises import Promise
from projections.view import View


class NeverPromised(Struct, frozen=True, kw_only=True):
    """Something that waits for a promise which nobody gave: a promise asked for that is unanswered, declined or taken
    back before it was given (`party_id` is of whom it was asked); or a milestone ahead that no promise is about.
    `age_days` runs from `since` (UTC) to the moment asked about; `text` is null once erased."""

    kind: Literal["request", "milestone"]
    id: UUID
    state: Literal["unanswered", "declined", "cancelled", "unpromised"]
    side: Side | None
    party_id: UUID | None
    text: str | None
    since: Instant
    age_days: float


def never_promised(view: View, made: Collection[Promise]) -> Iterator[NeverPromised]:
    """Requests without a promise, then milestones without one, each in the order in which they came."""
    stream = view.stream
    given = {one.thing.id for one in made}
    states: dict[str, Literal["unanswered", "declined", "cancelled"]] = {
        "requested": "unanswered",
        "declined": "declined",
        "cancelled": "cancelled",
    }
    for thing in stream.things("commitment"):
        if thing.id not in given and thing.state in states:
            party_id = thing.fact.data.debtor
            text, state = thing.statement, states[thing.state]
            yield _unpromised(view, thing, "request", state, stream.side(party_id), text, party_id)
    if journey_over(stream):
        return
    about = {one.made.milestone_id for one in made}
    for thing in stream.things("milestone"):
        if thing.open and thing.id not in about:
            said_of = next(one for one in thing.fact.data.milestones if one.milestone_id == thing.id)
            yield _unpromised(view, thing, "milestone", "unpromised", said_of.owner_side, said_of.name, None)


def _unpromised(
    view: View,
    thing: Thing,
    kind: Literal["request", "milestone"],
    state: Literal["unanswered", "declined", "cancelled", "unpromised"],
    side: Side | None,
    text: str | None,
    party_id: UUID | None,
) -> NeverPromised:
    return NeverPromised(
        kind=kind,
        id=thing.id,
        state=state,
        side=side,
        party_id=party_id,
        text=said(text),
        since=thing.born,
        age_days=days(view.at - thing.born),
    )
