"""Whether what was meant to be done again and again was done (P17), and what somebody makes of it themselves."""

from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.goal import GoalLinked, SetbackRecorded
from domain.events.routines import CheckinRecorded
from domain.events.self_checks import AttributionRecorded, ConfidenceStated, ValueReaffirmed
from domain.fields import Instant
from domain.state import Entry
from projections.figures import days, ratio
from projections.list_row import said
from projections.promises import promises
from projections.rests import Rests, rests
from projections.routine_loop import RECENT_DAYS, RoutineLoop, next_end, routine_loop
from projections.routines import Routine, routines
from projections.trust.opinion import Label
from projections.trust.score import trust_in
from projections.view import View

# All routines of a goal together are looked back upon for so many days, which takes a third of a second: one routine
# for fifty years, fifty for a year.
DAYS_MAX = 18_250
DAY = timedelta(days=1)


class Efficacy(Struct, frozen=True, kw_only=True):
    """How sure somebody said they are of something, 0 to 10; `about` is null once erased."""

    event_id: UUID
    by: UUID
    about: str | None
    value: float
    at: Instant


class Setback(Struct, frozen=True, kw_only=True):
    """Something threw the goal back; `reason` is null once erased. `recovered_at` is the next check-in that says done,
    null while there is none, and `recovery_days` how long that took."""

    event_id: UUID
    reason: str | None
    at: Instant
    recovered_at: Instant | None
    recovery_days: float | None


class Hold(Struct, frozen=True, kw_only=True):
    """The goal was put on hold, and taken up again at `until`, null while it was not; `days` is how long it rested."""

    since: Instant
    until: Instant | None
    days: float


class Cadence(Struct, frozen=True, kw_only=True):
    """How steadily somebody came back to it in the last 30 calendar days, or since the goal was set when that is less:
    `active_days` of the `days` had a check-in or a reaffirmation of why it matters. Days are those that the facts name,
    else UTC's. `last_at` is when the last of these facts happened, null if never."""

    days: int
    active_days: int
    share: float | None
    reaffirmations: int
    checkins: int
    last_at: Instant | None


class StepsInPlace(Struct, frozen=True, kw_only=True):
    """Which of three steps are in place, each with its events: the goal is tied to a larger one (or is itself who
    somebody wants to be), the next step was made smaller before its time, and a running routine has check-ins."""

    tied_to_identity: bool
    ties: list[UUID]
    made_smaller: bool
    smaller_steps: list[UUID]
    looping: bool
    loops: list[UUID]


class SelfTrust(Struct, frozen=True, kw_only=True):
    """Trust in oneself as the evidence has it, under the policy asked for: see the trust of the goal."""

    score: float
    certainty: float
    low: float
    high: float
    label: Label


class ProofLoop(Struct, frozen=True, kw_only=True):
    """The loop of doing, seeing that it was done, and trusting oneself more. Routines come in the order in which they
    were first set, the rest as it happened; shares have six places.

    `locus_index` is (internal - external) / attributions, from -1 to 1, null without any. `changes_at` is when the next
    period that is not done ends, or when trust is another by itself.
    """

    routines: list[RoutineLoop]
    trust: SelfTrust
    locus_index: float | None
    attributions: int
    efficacy: list[Efficacy]
    setbacks: list[Setback]
    holds: list[Hold]
    cadence: Cadence
    steps: StepsInPlace
    changes_at: Instant | None


class _Found(Struct):
    locus: list[Literal["internal", "external", "mixed"]] = []
    efficacy: list[Efficacy] = []
    setbacks: list[Entry] = []
    done_at: list[datetime] = []
    ties: list[UUID] = []
    last_checkins: dict[UUID, UUID] = {}
    reaffirmed: list[date] = []
    checked: list[date] = []
    last_at: datetime | None = None


def proof_loop(view: View) -> ProofLoop:
    """The routines of a goal, and what their owner makes of them. Costs a pass over the facts and over the periods."""
    found, resting, known = _collected(view), rests(view.entries), routines(view.stream)
    own, turns = trust_in(view, "self")
    back = view.at - DAY * (DAYS_MAX // max(len(known), 1))
    ends = [end for one in known.values() if (end := next_end(one, view.at, resting)) is not None]
    return ProofLoop(
        routines=[routine_loop(one, known[one], view.at, back, resting) for one in known],
        trust=SelfTrust(score=own.score, certainty=own.certainty, low=own.low, high=own.high, label=own.label),
        locus_index=ratio(found.locus.count("internal") - found.locus.count("external"), len(found.locus)),
        attributions=len(found.locus),
        efficacy=found.efficacy,
        setbacks=_setbacks(found),
        holds=_holds(resting, view.at),
        cadence=_cadence(found, view),
        steps=_steps(view, found, known),
        changes_at=min((*ends, *([] if turns is None else [turns])), default=None),
    )


def _collected(view: View) -> _Found:
    found = _Found()
    for entry in view.entries:
        fact, at = entry.fact, entry.at
        match fact.data:
            case AttributionRecorded() as data:
                found.locus.append(data.locus)
            case ConfidenceStated() as data:
                found.efficacy.append(
                    Efficacy(
                        event_id=fact.event_id, by=fact.acting_party, about=said(data.about), value=data.value, at=at
                    )
                )
            case SetbackRecorded():
                found.setbacks.append(entry)
            case GoalLinked():
                found.ties.append(fact.event_id)
            case ValueReaffirmed():
                found.reaffirmed.append(fact.local_date or at.astimezone(UTC).date())
                found.last_at = at
            case CheckinRecorded() as data:
                found.checked.append(data.local_date)
                found.last_checkins[data.routine_id] = fact.event_id
                found.last_at = at
                if data.status == "done":
                    found.done_at.append(at)
    return found


def _setbacks(found: _Found) -> list[Setback]:
    listed = []
    for entry in found.setbacks:
        place = bisect_right(found.done_at, entry.at)
        recovered_at = found.done_at[place] if place < len(found.done_at) else None
        listed.append(
            Setback(
                event_id=entry.fact.event_id,
                reason=said(entry.fact.data.reason),
                at=entry.at,
                recovered_at=recovered_at,
                recovery_days=None if recovered_at is None else days(recovered_at - entry.at),
            )
        )
    return listed


def _holds(resting: Rests, at: datetime) -> list[Hold]:
    return [
        Hold(since=rest.start, until=rest.end, days=days((rest.end or at) - rest.start))
        for rest in resting.rests
        if rest.lifecycle == "on_hold"
    ]


def _cadence(found: _Found, view: View) -> Cadence:
    today = view.at.astimezone(UTC).date()
    set_on = today if view.stream.first_at is None else view.stream.first_at.astimezone(UTC).date()
    first = max(today - timedelta(days=RECENT_DAYS - 1), set_on)
    length = (today - first).days + 1
    reaffirmed = [day for day in found.reaffirmed if first <= day <= today]
    checked = [day for day in found.checked if first <= day <= today]
    active = len({*reaffirmed, *checked})
    return Cadence(
        days=length,
        active_days=active,
        share=ratio(active, length),
        reaffirmations=len(reaffirmed),
        checkins=len(checked),
        last_at=found.last_at,
    )


def _steps(view: View, found: _Found, known: dict[UUID, Routine]) -> StepsInPlace:
    smaller = [
        change.event_id
        for promise in promises(view).values()
        for change in promise.changes
        if change.counts and change.before_due and change.said.change == "smaller"
    ]
    running = (one for one, routine in known.items() if routine.changes[-1].setting is not None)
    loops = [found.last_checkins[one] for one in running if one in found.last_checkins]
    horizon = getattr(view.stream.terms, "horizon", None)
    return StepsInPlace(
        tied_to_identity=bool(found.ties) or horizon == "identity",
        ties=found.ties,
        made_smaller=bool(smaller),
        smaller_steps=smaller,
        looping=bool(loops),
        loops=loops,
    )
