"""What was promised and what became of it (P7), and what nobody ever promised. Trust is drawn from it elsewhere."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.fields import Dimension, Instant, Side, Size
from projections.figures import ratio
from projections.list_row import said
from projections.never_promised import NeverPromised, never_promised
from projections.promise_counts import PromiseCounts, Variance, counts, variances
from projections.promises import Promise, dimension, promises
from projections.time_price import TimePrice, time_price
from projections.view import View

K = TypeVar("K")


class PromisesOfSide(PromiseCounts, frozen=True, kw_only=True):
    """The promises made by one side; null is somebody who does not take part."""

    side: Side | None


class PromisesOfParty(PromiseCounts, frozen=True, kw_only=True):
    """The promises made by one party."""

    party_id: UUID
    side: Side | None


class PromisesOfSize(PromiseCounts, frozen=True, kw_only=True):
    """The promises with one stake: a record of small ones alone says little about large ones."""

    stake: Size


class Renegotiation(Struct, frozen=True, kw_only=True):
    """A promise was put differently. `agreed` is false when the other side did not stand behind it: then it is as if it
    had not been. `before_due` is whether the time agreed until then had not passed; `reason` is null once erased."""

    at: Instant
    change: Literal["smaller", "later", "other"]
    agreed: bool
    before_due: bool
    reason: str | None


class Commitment(Struct, frozen=True, kw_only=True):
    """One promise. Words are null when they were not said or were erased; times are UTC.

    `statement` and `due_at` (the last instant at which it is in time) are as last agreed. `side` is the debtor's,
    `dimension` what it says something about. `in_time` is null while it is not kept, true when it was kept by its time
    or had none. `overdue` is true from its time on while it is open. `reason_code` and `reason` are of a promise broken
    or taken back. `evidence` holds the events of its life in order.
    """

    commitment_id: UUID
    state: Literal["made", "fulfilled", "confirmed", "disputed", "broken", "cancelled", "released"]
    statement: str | None
    condition: str | None
    debtor: UUID
    creditor: UUID
    side: Side | None
    kind: Literal["achievement", "maintenance"]
    stake: Size
    dimension: Dimension
    next_step: bool
    proposed_by_side: Side | None
    milestone_id: UUID | None
    requested_at: Instant | None
    made_at: Instant
    due_at: Instant | None
    overdue: bool
    kept_at: Instant | None
    in_time: bool | None
    reason_code: str | None
    reason: str | None
    renegotiations: list[Renegotiation]
    evidence: list[UUID]


class StepAhead(Struct, frozen=True, kw_only=True):
    """The open promise that moves things on: of those, the one due first, those without a time last, then the one made
    first. `size` is its stake, `made_smaller` how often it was made smaller with consent before its time."""

    commitment_id: UUID
    statement: str | None
    debtor: UUID
    creditor: UUID
    size: Size
    made_smaller: int
    due_at: Instant | None
    overdue: bool


class Commitments(PromiseCounts, frozen=True, kw_only=True):
    """All promises in the order in which they were made, and what they come to; the counts are over all of them.

    `renegotiated` counts the promises changed with consent before their time, `renegotiation_rate` is their share of
    all made (six places, null of none); `made_smaller` counts those of them that were made smaller, which is no breach.
    `variances` come most frequent first, then by what and code. Groups come in the order of their first promise.
    `time_price` compares the time that a goal was to cost with the time logged; null on deals and without such a price.
    `changes_at` is when the next agreed time comes.
    """

    renegotiated: int
    renegotiation_rate: float | None
    made_smaller: int
    by_side: list[PromisesOfSide]
    by_party: list[PromisesOfParty]
    by_stake: list[PromisesOfSize]
    variances: list[Variance]
    next_step: StepAhead | None
    never_promised: list[NeverPromised]
    time_price: TimePrice | None
    commitments: list[Commitment]
    changes_at: Instant | None


def commitments(view: View) -> Commitments:
    """The promises of a stream. Costs one pass over the facts."""
    at, side = view.at, view.stream.side
    made = list(promises(view).values())
    renegotiated = [one for one in made if any(change.counts and change.before_due for change in one.changes)]
    by_side = _grouped(made, lambda one: side(one.made.debtor))
    by_party = _grouped(made, lambda one: one.made.debtor)
    by_stake = _grouped(made, lambda one: one.made.stake)
    dues = (one.due for one in made if one.due is not None and not one.released)
    return Commitments(
        **counts(made, at),
        renegotiated=len(renegotiated),
        renegotiation_rate=ratio(len(renegotiated), len(made)),
        made_smaller=sum(_made_smaller(one) > 0 for one in made),
        by_side=[PromisesOfSide(side=key, **counts(group, at)) for key, group in by_side.items()],
        by_party=[
            PromisesOfParty(party_id=key, side=side(key), **counts(group, at)) for key, group in by_party.items()
        ],
        by_stake=[PromisesOfSize(stake=key, **counts(group, at)) for key, group in by_stake.items()],
        variances=variances(made, at),
        next_step=_next_step(made, at),
        never_promised=list(never_promised(view, made)),
        time_price=time_price(view),
        commitments=[_commitment(view, one) for one in made],
        changes_at=min((due for due in dues if due > at), default=None),
    )


def _grouped(made: list[Promise], by: Callable[[Promise], K]) -> dict[K, list[Promise]]:
    groups: dict[K, list[Promise]] = {}
    for one in made:
        groups.setdefault(by(one), []).append(one)
    return groups


def _made_smaller(promise: Promise) -> int:
    return sum(change.counts and change.before_due and change.said.change == "smaller" for change in promise.changes)


def _next_step(made: list[Promise], at: datetime) -> StepAhead | None:
    steps = [one for one in made if one.open and one.made.next_step]
    if not steps:
        return None
    first = min(steps, key=lambda one: (one.due is None, one.due or at, one.made_at, one.thing.id))
    return StepAhead(
        commitment_id=first.thing.id,
        statement=said(first.thing.statement),
        debtor=first.made.debtor,
        creditor=first.made.creditor,
        size=first.made.stake,
        made_smaller=_made_smaller(first),
        due_at=first.due,
        overdue=first.overdue(at),
    )


def _commitment(view: View, promise: Promise) -> Commitment:
    made, thing, ended = promise.made, promise.thing, promise.ended
    side = view.stream.side(made.debtor)
    taken_back = ended if thing.state in ("broken", "cancelled") else None
    return Commitment(
        commitment_id=thing.id,
        state=thing.state,  # type: ignore[arg-type]  # the states of its table, once it is made
        statement=said(thing.statement),
        condition=said(made.condition),
        debtor=made.debtor,
        creditor=made.creditor,
        side=side,
        kind=made.kind,
        stake=made.stake,
        dimension=dimension(promise, side),
        next_step=made.next_step,
        proposed_by_side=made.proposed_by_side,
        milestone_id=made.milestone_id,
        requested_at=promise.requested_at,
        made_at=promise.made_at,
        due_at=promise.due,
        overdue=promise.overdue(view.at),
        kept_at=promise.kept_at,
        in_time=promise.in_time(promise.kept_at) if promise.kept else None,
        reason_code=getattr(taken_back, "reason_code", None),
        reason=None if taken_back is None else said(taken_back.reason),
        renegotiations=[
            Renegotiation(
                at=change.at,
                change=change.said.change,
                agreed=change.counts,
                before_due=change.before_due,
                reason=said(change.said.reason),
            )
            for change in promise.changes
        ],
        evidence=promise.evidence,
    )
