"""The way to the end state, milestone by milestone, and what was tried on it (P14). Nobody is told to hurry here."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.commitments import CommitmentMade
from domain.events.discovery import InsightRecorded
from domain.events.journey import ExperimentEnded, ExperimentStarted, JourneyMapped
from domain.fields import Instant, Side, Size, due_instant
from domain.state import Entry, Thing
from projections.figures import days, ratio
from projections.list_row import said
from projections.moments import journey_over
from projections.sides import buying_side
from projections.view import View


class Experiment(Struct, frozen=True, kw_only=True):
    """One milestone was tried in another way. Words are null once erased; what still runs has no end and no result."""

    experiment_id: UUID
    change: str | None
    started_at: Instant
    result: str | None
    ended_at: Instant | None


class MilestoneStanding(Struct, frozen=True, kw_only=True):
    """One milestone, as it was mapped last before it was reached. Words are null once erased; times are UTC.

    `state` is reached; ahead; overdue, from its due time on; or lapsed, when nobody is on the way any more because the
    deal was closed other than won or the goal completed or cancelled. `slip_days` is when it was reached, or the moment
    asked about, less its due time, in days to four places: negative while there is time. It is null without a due time
    and once lapsed. `promises` are the promises made about it.
    """

    milestone_id: UUID
    name: str | None
    owner_side: Side
    exit_criterion: str | None
    due_at: Instant | None
    state: Literal["reached", "ahead", "overdue", "lapsed"]
    reached_at: Instant | None
    slip_days: float | None
    promises: list[UUID]
    experiments: list[Experiment]


class Conclusion(Struct, frozen=True, kw_only=True):
    """What somebody concluded, and whether they came to it themselves: `own` is true when the buyer (on a goal, its
    owner) uncovered it alone or together with the seller. `statement` is null once erased."""

    insight_id: UUID
    statement: str | None
    uncovered_by: Literal["buyer", "seller", "together", "self"]
    own: bool
    at: Instant


class LastCommitment(Struct, frozen=True, kw_only=True):
    """The last promise that the buyer's side (on a goal, its owner) made: how large it was, and whose idea."""

    commitment_id: UUID
    size: Size
    next_step: bool
    proposed_by_side: Side | None
    at: Instant


class Journey(Struct, frozen=True, kw_only=True):
    """The way as it was mapped last, together with what was reached before. Words are null once erased; times are UTC.

    `milestones` come from the end state backward, `forward` lists the same ids from the first step on; milestones that
    were reached and are on the map no longer stand at the beginning of the way, in the order in which they were
    reached. `reached` / `total` is `reached_share` (six places, null without a map). `next` is the first milestone
    forward that is not reached, null when all are or nobody is on the way any more. `mapped` counts the maps,
    `mapped_at` is when the last was made. `conclusion` is the last insight of the kind conclusion. `changes_at` is when
    the next milestone falls due.
    """

    end_state: str | None
    mapped: int
    mapped_at: Instant | None
    reached: int
    total: int
    reached_share: float | None
    next: UUID | None
    milestones: list[MilestoneStanding]
    forward: list[UUID]
    conclusion: Conclusion | None
    last_commitment: LastCommitment | None
    changes_at: Instant | None


class _Found(Struct):
    maps: list[tuple[Entry, JourneyMapped]] = []
    promises: dict[UUID, list[UUID]] = {}
    experiments: dict[UUID, list[UUID]] = {}
    started: dict[UUID, tuple[Entry, ExperimentStarted]] = {}
    ended: dict[UUID, tuple[Entry, ExperimentEnded]] = {}
    conclusion: tuple[Entry, InsightRecorded] | None = None
    last_commitment: tuple[Entry, CommitmentMade] | None = None


def journey(view: View) -> Journey:
    """The way from where it began to the end state."""
    found = _collected(view)
    backward = _backward(view, found)
    standing = [_milestone(view, thing, found) for thing in backward]
    forward = standing[::-1]
    reached = sum(one.state == "reached" for one in standing)
    dues = (one.due_at for one in standing if one.state == "ahead" and one.due_at is not None)
    mapped, last_map = found.maps[-1] if found.maps else (None, None)
    return Journey(
        end_state=None if last_map is None else said(last_map.end_state),
        mapped=len(found.maps),
        mapped_at=None if mapped is None else mapped.at,
        reached=reached,
        total=len(standing),
        reached_share=ratio(reached, len(standing)),
        next=next((one.milestone_id for one in forward if one.state in ("ahead", "overdue")), None),
        milestones=standing,
        forward=[one.milestone_id for one in forward],
        conclusion=_conclusion(view, found),
        last_commitment=_last_commitment(found),
        changes_at=min(dues, default=None),
    )


def _collected(view: View) -> _Found:
    found = _Found()
    for entry in view.entries:
        match entry.fact.data:
            case JourneyMapped() as data:
                found.maps.append((entry, data))
            case CommitmentMade(commitment_id=UUID() as commitment_id) as data:
                if data.milestone_id is not None:
                    found.promises.setdefault(data.milestone_id, []).append(commitment_id)
                if view.stream.side(data.debtor) == buying_side(view.stream):
                    found.last_commitment = entry, data
            case ExperimentStarted(experiment_id=UUID() as experiment_id) as data:
                found.experiments.setdefault(data.milestone_id, []).append(experiment_id)
                found.started[experiment_id] = entry, data
            case ExperimentEnded() as data:
                found.ended[data.experiment_id] = entry, data
            case InsightRecorded(kind="conclusion") as data:
                found.conclusion = entry, data
    return found


def _backward(view: View, found: _Found) -> list[Thing]:
    """The last map from its end, and then what was reached and is on it no longer, the latest first."""
    if not found.maps:
        return []
    ids = [one.milestone_id for one in found.maps[-1][1].milestones]
    on_map = [thing for one in ids if one is not None and (thing := view.stream.thing(one)) is not None]
    listed = {thing.id for thing in on_map}
    before = [one for one in view.stream.things("milestone") if one.state == "reached" and one.id not in listed]
    return on_map + sorted(before, key=lambda thing: (thing.at, thing.id), reverse=True)


def _milestone(view: View, thing: Thing, found: _Found) -> MilestoneStanding:
    mapped = next(one for one in thing.fact.data.milestones if one.milestone_id == thing.id)
    due_at = None if mapped.due is None else due_instant(mapped.due)
    reached_at = thing.at if thing.state == "reached" else None
    state: Literal["reached", "ahead", "overdue", "lapsed"]
    if reached_at is not None:
        state = "reached"
    elif journey_over(view.stream):
        state = "lapsed"
    else:
        state = "overdue" if due_at is not None and due_at <= view.at else "ahead"
    slips = due_at is not None and state != "lapsed"
    return MilestoneStanding(
        milestone_id=thing.id,
        name=said(mapped.name),
        owner_side=mapped.owner_side,
        exit_criterion=said(mapped.exit_criterion),
        due_at=due_at,
        state=state,
        reached_at=reached_at,
        slip_days=days((reached_at or view.at) - due_at) if slips and due_at is not None else None,
        promises=found.promises.get(thing.id, []),
        experiments=[_experiment(one, found) for one in found.experiments.get(thing.id, ())],
    )


def _experiment(experiment_id: UUID, found: _Found) -> Experiment:
    entry, started = found.started[experiment_id]
    ending, ended = found.ended.get(experiment_id, (None, None))
    return Experiment(
        experiment_id=experiment_id,
        change=said(started.change),
        started_at=entry.at,
        result=None if ended is None else said(ended.result),
        ended_at=None if ending is None else ending.at,
    )


def _conclusion(view: View, found: _Found) -> Conclusion | None:
    if found.conclusion is None:
        return None
    entry, data = found.conclusion
    assert data.insight_id is not None, "a complete fact names what it creates"
    return Conclusion(
        insight_id=data.insight_id,
        statement=said(data.statement),
        uncovered_by=data.uncovered_by,
        own=data.uncovered_by in (buying_side(view.stream), "together"),
        at=entry.at,
    )


def _last_commitment(found: _Found) -> LastCommitment | None:
    if found.last_commitment is None:
        return None
    entry, data = found.last_commitment
    assert data.commitment_id is not None, "a complete fact names what it creates"
    return LastCommitment(
        commitment_id=data.commitment_id,
        size=data.stake,
        next_step=data.next_step,
        proposed_by_side=data.proposed_by_side,
        at=entry.at,
    )
