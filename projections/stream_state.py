"""A stream as it stands (P1): what it is about, where it is, who takes part, what comes next. No trust in here."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from msgspec import Struct, structs

from domain.events.deal import Outcome, Stage
from domain.events.goal import ENDED, Achievement, Lifecycle, Price
from domain.facts import ERASED, stream_uuid
from domain.fields import Currency, Horizon, Instant, Money, Named, Trigger
from domain.state import Stream, Thing
from projections.list_row import forces_net, said, status
from projections.moments import moment
from projections.participations import Participation, participations


class NextStep(Struct, frozen=True, kw_only=True):
    """The open promise that moves things on: of those, the one due first, those without a time last.

    `statement` is as last agreed, null once erased; `due_at` (UTC) is the first instant at which it is late, null when
    no time was agreed; `overdue` is true when that is before the moment asked about.
    """

    commitment_id: UUID
    statement: str | None
    debtor: UUID
    creditor: UUID
    due_at: Instant | None
    overdue: bool


class Ending(Struct, frozen=True, kw_only=True):
    """How a deal ended, when (UTC), and by whose decision: a participant, or somebody known by name only."""

    outcome: Outcome
    at: Instant
    reason_code: str | None
    reason: str | None
    decided_by: UUID | Named | None


class Standing(Struct, frozen=True, kw_only=True):
    """What deals and goals have in common. Words are null when they were not said or were erased; times are UTC.

    `open` is false once a deal is closed or a goal completed or cancelled. `participants` is everybody who ever took
    part, in the order they came. `counts` holds how many facts there are of each family, 1 or more, families without
    one left out. `promises_open` counts promises made and not yet settled, `promises_overdue` those of them whose due
    time is before the moment asked about, `objections_open` objections neither resolved, dismissed nor accepted.
    `forces_net` is push and pull minus anxiety and habit, each force at work with its latest intensity of 1..5; null
    while none was ever observed. `changes_at` is the next due time: just after it the answer differs without another
    fact; null when time alone changes nothing.
    """

    id: UUID
    open: bool
    participants: list[Participation]
    counts: dict[str, int]
    opened_at: Instant
    last_event_at: Instant
    next_step: NextStep | None
    promises_open: int
    promises_overdue: int
    objections_open: int
    forces_net: int | None
    changes_at: Instant | None


class DealState(Standing, frozen=True, kw_only=True, tag_field="kind", tag="deal"):
    """A deal as it stands: its terms after every change, its stage, and how it ended if it is closed.

    `stage` is null until the first stage was entered. `amount` is a decimal string in `currency` (ISO 4217).
    """

    status: Literal["open", "closed"]
    title: str | None
    customer: str | None
    product: str | None
    amount: Money | None
    currency: Currency | None
    trigger: Trigger | None
    segment: str | None
    referred_by: UUID | Named | None
    stage: Stage | None
    stage_entered_at: Instant | None
    closed: Ending | None


class GoalState(Standing, frozen=True, kw_only=True, tag_field="kind", tag="goal"):
    """A goal as it stands, after every restatement.

    `status` is its lifecycle: active until another was recorded. `achievement` is null until one was. `parents` are the
    goals that it supports, in the order in which they were linked.
    """

    status: Lifecycle
    statement: str | None
    outcome: str | None
    why: str | None
    price: Price | None
    horizon: Horizon | None
    trigger: Trigger | None
    achievement: Achievement | None
    parents: list[UUID]


StreamState = DealState | GoalState


def stream_state(stream: Stream, at: datetime) -> StreamState:
    """The state of a stream that has its first fact; `at` (UTC) is the moment that overdue is judged at."""
    things = stream.open_things()
    promised = [
        (None if promise.due is None else moment(promise.due).at, promise)
        for promise in things
        if promise.kind == "commitment" and promise.state == "made"
    ]
    dues = [due for due, _ in promised if due is not None]
    assert stream.first_at is not None, "a stream begins with its first fact"
    assert stream.last_at is not None
    standing: dict[str, Any] = {
        "id": stream_uuid(stream.stream_id),
        "status": status(stream),
        "participants": participations(stream),
        "counts": dict(stream.counts),
        "opened_at": stream.first_at,
        "last_event_at": stream.last_at,
        "next_step": _next_step(promised, at),
        "promises_open": len(promised),
        "promises_overdue": sum(due < at for due in dues),
        "objections_open": sum(thing.kind == "objection" for thing in things),
        "forces_net": forces_net(stream, things),
        "changes_at": min((due for due in dues if due >= at), default=None),
    }
    return _goal(stream, standing) if stream.kind == "goal" else _deal(stream, standing)


def _deal(stream: Stream, standing: dict[str, Any]) -> DealState:
    terms = _terms(stream)
    return DealState(
        **standing,
        open=stream.closed is None,
        title=said(terms.get("title")),
        customer=said(terms.get("customer")),
        product=said(terms.get("product")),
        amount=terms.get("amount"),
        currency=terms.get("currency"),
        trigger=terms.get("trigger"),
        segment=said(terms.get("segment")),
        referred_by=_somebody(terms.get("referred_by")),
        stage=cast(Stage | None, stream.stage),
        stage_entered_at=stream.stage_at,
        closed=_ending(stream),
    )


def _goal(stream: Stream, standing: dict[str, Any]) -> GoalState:
    terms = _terms(stream)
    return GoalState(
        **standing,
        open=standing["status"] not in ENDED,
        statement=said(terms.get("statement")),
        outcome=said(terms.get("outcome")),
        why=said(terms.get("why")),
        price=terms.get("price"),
        horizon=terms.get("horizon"),
        trigger=terms.get("trigger"),
        achievement=cast(Achievement | None, stream.achievement),
        parents=[link.id for link in stream.things("link")],
    )


def _terms(stream: Stream) -> dict[str, Any]:
    """What the stream is about, by member; empty when its content was destroyed."""
    return {} if stream.terms is None else structs.asdict(stream.terms)


def _ending(stream: Stream) -> Ending | None:
    closed = stream.closed
    if closed is None:
        return None
    entry = stream.find(closed.event_id)
    return Ending(
        outcome=closed.data.outcome,
        at=closed.occurred_at if entry is None else entry.at,
        reason_code=closed.data.reason_code,
        reason=said(closed.data.reason),
        decided_by=_somebody(closed.data.decided_by),
    )


def _next_step(promised: list[tuple[datetime | None, Thing]], at: datetime) -> NextStep | None:
    """Of several due at once the one made first; ids break the last ties, so that every fold gives the same answer."""
    steps = [(due, promise) for due, promise in promised if promise.fact.data.next_step]
    if not steps:
        return None
    due, promise = min(steps, key=lambda step: (step[0] is None, step[0] or at, step[1].born, step[1].id))
    return NextStep(
        commitment_id=promise.id,
        statement=said(promise.statement),
        debtor=promise.fact.data.debtor,
        creditor=promise.fact.data.creditor,
        due_at=due,
        overdue=due is not None and due < at,
    )


def _somebody(who: UUID | Named | None) -> UUID | Named | None:
    return None if isinstance(who, Named) and who.name == ERASED else who
