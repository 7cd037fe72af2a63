"""What is due on a stream between two moments: promises, milestones, noes to ask about again, routines' periods."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.fields import Side
from domain.state import Stream, Thing
from projections.list_row import said
from projections.moments import falls_due, moment
from projections.periods import periods
from projections.routines import routines

# Of one routine in one answer: a year of days, which is more than anybody plans.
PERIODS_MAX = 366

Kind = Literal["commitment", "milestone", "no", "routine"]


class DueItem(Struct, frozen=True, kw_only=True):
    """One thing that somebody is to do.

    `subject_id` is the promise's, milestone's, no's or routine's id. `party_id` is who is to act: the debtor; the one
    participant on the milestone's side, null if there are none or several; the first of the seller's side (on a goal,
    its owner) for a no or a routine. `text` is null once erased. `at` (UTC) is the first instant at which it is late,
    for a routine the end of the period; `local_date` the last calendar day for it, null when it is due at an instant.
    """

    kind: Kind
    subject_id: UUID
    party_id: UUID | None
    text: str | None
    at: datetime
    local_date: date | None


def agenda(stream: Stream, start: datetime, end: datetime, now: datetime) -> list[DueItem]:
    """What is open and due from `start` until before `end`, and what was due before `now` and is still open; by `at`.

    What is due on a calendar day is due all that day, so that a window that is just that day shows it. A routine's
    period is shown when it shares time with the window and is not over, at most 366 of one routine: a period that is
    over is missed, and nobody can still do it. What is overdue by `now` is shown whatever `start` is, as long as it was
    due before `end`.
    """
    items: list[DueItem] = []
    running: list[Thing] = []
    for thing in stream.open_things():
        if thing.kind == "routine":
            running.append(thing)
            continue
        due = falls_due(stream, thing)
        if due is None:
            continue
        at, near, day = moment(due)
        if near < end and (at >= start or at < now):
            items.append(_item(stream, thing, at, day))
    if running and stream.lifecycle != "cancelled":
        items += _routine_items(stream, running, max(start, now), end)
    items.sort(key=lambda item: (item.at, item.subject_id))
    return items


def _item(stream: Stream, thing: Thing, at: datetime, day: date | None) -> DueItem:
    kind: Kind
    data = thing.fact.data
    match thing.kind:
        case "commitment":
            kind, party_id, text = "commitment", data.debtor, thing.statement
        case "milestone":
            milestone = next(one for one in data.milestones if one.milestone_id == thing.id)
            kind, party_id, text = "milestone", _only_one(stream, milestone.owner_side), milestone.name
        case "no":
            kind, party_id, text = "no", _own_side(stream), data.statement
        case _:
            raise AssertionError(f"a {thing.kind} does not fall due")
    return DueItem(kind=kind, subject_id=thing.id, party_id=party_id, text=said(text), at=at, local_date=day)


def _routine_items(stream: Stream, running: list[Thing], start: datetime, end: datetime) -> Iterator[DueItem]:
    known = routines(stream)
    owner = _own_side(stream)
    for thing in running:
        routine = known[thing.id]
        for period in islice(periods(routine.changes, start, end), PERIODS_MAX):
            if not routine.settled(period):
                yield DueItem(
                    kind="routine",
                    subject_id=thing.id,
                    party_id=owner,
                    text=said(period.setting.name),
                    at=period.end,
                    local_date=period.last_day,
                )


def _only_one(stream: Stream, side: Side) -> UUID | None:
    """The participant of a side, when it has just one now."""
    parties = [one.party_id for one in stream.participants.values() if one.side == side and one.left is None]
    return parties[0] if len(parties) == 1 else None


def _own_side(stream: Stream) -> UUID | None:
    """The first of the seller's side who takes part now, else who opened the stream; on a goal, of its own side."""
    side = "self" if stream.kind == "goal" else "seller"
    here = (one.party_id for one in stream.participants.values() if one.side == side and one.left is None)
    opener = None if stream.first is None else stream.first.actor.party_id
    return next(here, opener)
