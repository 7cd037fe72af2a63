"""Whether it was the right thing to buy, or to want: used, achieved, renewed, passed on (P21). Says what, never why."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.events.after_close import CustomerReturned, ReferralGiven, RenewalDecided, UsageObserved
from domain.events.conduct import InteractionLogged
from domain.events.deal import DealClosed, DealReopened, DecisionExplained
from domain.events.deal import Outcome as DealOutcome
from domain.events.discovery import InsightRecorded
from domain.events.goal import GoalStatusChanged
from domain.facts import ERASED
from domain.fields import Currency, Instant, Money, Named
from domain.state import Entry
from projections.figures import days
from projections.list_row import said
from projections.outcomes import Outcome, OutcomeStanding, outcome_standing, outcomes
from projections.view import View

# Use shows for a month: what is reported monthly is still in use until the next report.
IN_USE_FOR = timedelta(days=30)
# A customer who is not heard of for two months has gone quiet.
QUIET_AFTER = timedelta(days=60)

RungName = Literal["closed", "in_use", "outcome_achieved", "renewed", "referred"]


class Rung(Struct, frozen=True, kw_only=True):
    """One step up after the close. A rung once reached can be lost again. `at` (UTC) is since when it is reached; for
    in_use when use was last seen, whether or not that still counts, and for outcome_achieved when it was last measured.
    It is null when there is no such moment. `evidence` is the event behind `at`."""

    name: RungName
    reached: bool
    at: Instant | None
    evidence: list[UUID]


class Explanation(Struct, frozen=True, kw_only=True):
    """Why somebody decided as they did, in their words; null when not said, or erased."""

    event_id: UUID
    asked_of: UUID
    why_now: str | None
    why_us: str | None
    what_almost_stopped_it: str | None
    at: Instant


class Referral(Struct, frozen=True, kw_only=True):
    """Somebody was sent: a party of the workspace, or somebody known by name only; null once erased."""

    event_id: UUID
    to: UUID | Named | None
    at: Instant


class CountedOn(Struct, frozen=True, kw_only=True):
    """What somebody counts on, or fears, in figures: an insight of kind metric or consequence that has an amount."""

    insight_id: UUID
    kind: Literal["metric", "consequence"]
    statement: str | None
    amount: Money
    currency: Currency | None
    period: str | None


class ProgressWanted(Struct, frozen=True, kw_only=True):
    """From which state to which somebody wants to come, as said last; words are null when not said, or erased."""

    insight_id: UUID
    statement: str | None
    from_state: str | None
    to_state: str | None


class RightDeal(Struct, frozen=True, kw_only=True):
    """What came of it. Times are UTC, lengths days to four places.

    `ladder` has always the same five rungs, in this order. On a deal: closed as won; in_use, while use (a value above
    0) was seen within 30 days; outcome_achieved, while the last measurement of some outcome says so; renewed, while the
    last decision says so; referred. On a goal closed is completed, outcome_achieved as on a deal, and the other three
    are never reached.

    `verdict` is wrong when the last measurement of some outcome says missed, or the customer left (the last renewal was
    refused and they did not return); else right when some outcome is achieved; else undecided.

    `outcome`, `reason_code` and `reason` are of the close that holds, null while the deal is open. `explained` is
    whether somebody said why, after that close; null while it is open and on goals. `explanation` is the last one.

    `quiet_days` is how long nothing was heard of a won deal: since the close, or the last observed use, contact,
    renewal, referral or return after it; `gone_quiet` is whether that is 60 days or more. Both are null unless it was
    won.

    `referred_by` is who sent the customer, `referrals` whom the customer sent: a chain through deals. `counted_on` and
    `progress` are what it was bought for. `changes_at` is when use is no longer current, or quiet begins.
    """

    ladder: list[Rung]
    verdict: Literal["right", "wrong", "undecided"]
    outcomes: list[OutcomeStanding]
    churned_at: Instant | None
    returned_at: Instant | None
    outcome: DealOutcome | None
    closed_at: Instant | None
    reason_code: str | None
    reason: str | None
    explained: bool | None
    explanation: Explanation | None
    quiet_days: float | None
    gone_quiet: bool | None
    referred_by: UUID | Named | None
    referrals: list[Referral]
    counted_on: list[CountedOn]
    progress: ProgressWanted | None
    changes_at: Instant | None


class _Found(Struct):
    closed: Entry | None = None
    completed: Entry | None = None
    used: Entry | None = None
    renewed: Entry | None = None
    churned: Entry | None = None
    returned: Entry | None = None
    explained: Entry | None = None
    last_sign_at: datetime | None = None
    referrals: list[Entry] = []
    counted_on: list[CountedOn] = []
    progress: ProgressWanted | None = None


def right_deal(view: View) -> RightDeal:
    """What came of a deal or a goal, so far as its facts can tell."""
    found, measured, at = _collected(view), outcomes(view), view.at
    standing = [outcome_standing(*one) for one in measured.items()]
    closed = None if found.closed is None else found.closed.fact.data
    quiet = _quiet(found, at)
    terms: Any = view.stream.terms
    return RightDeal(
        ladder=_ladder(found, measured, at),
        verdict=_verdict(standing, found),
        outcomes=standing,
        churned_at=_at(found.churned),
        returned_at=_at(found.returned),
        outcome=None if closed is None else closed.outcome,
        closed_at=_at(found.closed),
        reason_code=None if closed is None else closed.reason_code,
        reason=None if closed is None else said(closed.reason),
        explained=None if closed is None else found.explained is not None,
        explanation=None if found.explained is None else _explanation(found.explained),
        quiet_days=None if quiet is None else days(quiet),
        gone_quiet=None if quiet is None else quiet >= QUIET_AFTER,
        referred_by=_somebody(getattr(terms, "referred_by", None)),
        referrals=[
            Referral(event_id=one.fact.event_id, to=_somebody(one.fact.data.to), at=one.at) for one in found.referrals
        ],
        counted_on=found.counted_on,
        progress=found.progress,
        changes_at=_changes_at(found, at),
    )


def _collected(view: View) -> _Found:
    found = _Found()
    for entry in view.entries:
        _take(found, entry, entry.fact.data)
    return found


def _take(found: _Found, entry: Entry, data: Any) -> None:
    match data:
        case DealClosed():
            found.closed, found.explained, found.last_sign_at = entry, None, entry.at
        case DealReopened():
            found.closed = found.explained = found.last_sign_at = None
        case GoalStatusChanged():
            found.completed = (found.completed or entry) if data.lifecycle == "completed" else None
        case DecisionExplained():
            found.explained = entry
        case InsightRecorded(insight_id=UUID() as insight_id):
            _take_insight(found, insight_id, data)
        case UsageObserved() if data.value > 0:
            found.used = entry
        case RenewalDecided():
            found.renewed = (found.renewed or entry) if data.renewed else None
            found.churned = None if data.renewed else entry
        case CustomerReturned():
            found.returned, found.churned = entry, None
        case ReferralGiven():
            found.referrals.append(entry)
    if isinstance(data, UsageObserved | InteractionLogged | RenewalDecided | ReferralGiven | CustomerReturned):
        found.last_sign_at = entry.at


def _take_insight(found: _Found, insight_id: UUID, data: InsightRecorded) -> None:
    if data.kind in ("metric", "consequence") and data.amount is not None:
        found.counted_on.append(
            CountedOn(
                insight_id=insight_id,
                kind="metric" if data.kind == "metric" else "consequence",
                statement=said(data.statement),
                amount=data.amount,
                currency=data.currency,
                period=data.period,
            )
        )
    elif data.kind == "progress":
        found.progress = ProgressWanted(
            insight_id=insight_id,
            statement=said(data.statement),
            from_state=said(data.from_state),
            to_state=said(data.to_state),
        )


def _ladder(found: _Found, measured: dict[UUID, Outcome], at: datetime) -> list[Rung]:
    won = found.closed if found.closed is not None and found.closed.fact.data.outcome == "won" else found.completed
    achieved = [
        one.measured for one in measured.values() if one.measured and one.said and one.said.verdict == "achieved"
    ]
    first = min(achieved, key=lambda entry: (entry.at, entry.fact.stream_version), default=None)
    in_use = found.used is not None and at - found.used.at < IN_USE_FOR
    return [
        _rung("closed", won, won is not None),
        _rung("in_use", found.used, in_use),
        _rung("outcome_achieved", first, first is not None),
        _rung("renewed", found.renewed, found.renewed is not None),
        _rung("referred", found.referrals[0] if found.referrals else None, bool(found.referrals)),
    ]


def _rung(name: RungName, entry: Entry | None, reached: bool) -> Rung:
    return Rung(name=name, reached=reached, at=_at(entry), evidence=[] if entry is None else [entry.fact.event_id])


def _verdict(standing: list[OutcomeStanding], found: _Found) -> Literal["right", "wrong", "undecided"]:
    verdicts = {one.verdict for one in standing}
    if "missed" in verdicts or found.churned is not None:
        return "wrong"
    return "right" if "achieved" in verdicts else "undecided"


def _explanation(entry: Entry) -> Explanation:
    data = entry.fact.data
    return Explanation(
        event_id=entry.fact.event_id,
        asked_of=data.asked_of,
        why_now=said(data.why_now),
        why_us=said(data.why_us),
        what_almost_stopped_it=said(data.what_almost_stopped_it),
        at=entry.at,
    )


def _quiet(found: _Found, at: datetime) -> timedelta | None:
    if found.closed is None or found.closed.fact.data.outcome != "won" or found.last_sign_at is None:
        return None
    return at - found.last_sign_at


def _changes_at(found: _Found, at: datetime) -> datetime | None:
    moments = [] if found.used is None else [found.used.at + IN_USE_FOR]
    if _quiet(found, at) is not None and found.last_sign_at is not None:
        moments.append(found.last_sign_at + QUIET_AFTER)
    return min((one for one in moments if one > at), default=None)


def _at(entry: Entry | None) -> datetime | None:
    return None if entry is None else entry.at


def _somebody(who: UUID | Named | None) -> UUID | Named | None:
    return None if isinstance(who, Named) and who.name == ERASED else who
