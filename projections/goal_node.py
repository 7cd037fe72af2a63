"""One goal as a node of a tree: what it says by itself, before its children are looked at (a part of P16)."""

from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.events.discovery import InsightRecorded
from domain.events.goal import ENDED, GoalDecomposed
from domain.events.people import IdentityStated
from domain.fields import Horizon, Instant
from domain.state import Stream
from projections.journey import journey
from projections.list_row import said, status
from projections.moments import moment, promises
from projections.outcomes import outcomes
from projections.view import View

ProgressFrom = Literal["children", "outcomes", "milestones"]


class StepProposed(Struct, frozen=True, kw_only=True):
    """One step of a breakdown, by whom it was proposed, and whether it was taken over; `text` is null once erased."""

    step_id: UUID
    decomposition_id: UUID
    text: str | None
    horizon: Horizon
    proposed_by: Literal["person", "agent"]
    accepted: bool
    accepted_at: Instant | None


class IdentitySaid(Struct, frozen=True, kw_only=True):
    """Who the goal's owner says they are, or are becoming; `statement` is null once erased."""

    event_id: UUID
    statement: str | None
    about: Literal["is", "becoming"]


class Alone(Struct, frozen=True, kw_only=True):
    """A goal as it is without its children. `progress` is exact, from 0 to 1."""

    stream: Stream
    terms: Any
    status: str
    open: bool
    parents: list[UUID]
    progress: Fraction | None
    progress_from: ProgressFrom | None
    why_depth: int
    next_step: UUID | None
    identity: list[IdentitySaid]
    steps: list[StepProposed]

    @property
    def is_identity(self) -> bool:
        """Whether it says who somebody wants to be, so that other goals can hang from it."""
        return bool(self.identity) or getattr(self.terms, "horizon", None) == "identity"


def alone(view: View) -> Alone:
    """What one goal says by itself. Costs a few passes over its facts."""
    stream = view.stream
    progress, progress_from = _progress(view)
    identity: list[IdentitySaid] = []
    steps: list[StepProposed] = []
    depths: dict[UUID, int] = {}
    for entry in view.entries:
        match entry.fact.data:
            case InsightRecorded(kind="why", insight_id=UUID() as insight_id) as data:
                depths[insight_id] = 1 + (0 if data.answers is None else depths.get(data.answers, 0))
            case IdentityStated() as data if stream.side(data.party_id) == "self":
                identity.append(
                    IdentitySaid(event_id=entry.fact.event_id, statement=said(data.statement), about=data.about)
                )
            case GoalDecomposed() as data:
                steps += _steps(stream, data)
    goal_status = status(stream)
    return Alone(
        stream=stream,
        terms=stream.terms,
        status=goal_status,
        open=goal_status not in ENDED,
        parents=[link.id for link in stream.things("link")],
        progress=progress,
        progress_from=progress_from,
        why_depth=max(depths.values(), default=0),
        next_step=_next_step(stream),
        identity=identity,
        steps=steps,
    )


def _progress(view: View) -> tuple[Fraction | None, ProgressFrom | None]:
    """The mean over the outcomes that can be told; without any, the share of the milestones reached."""
    told = [one.progress for one in outcomes(view).values() if one.progress is not None]
    if told:
        return sum(told, Fraction(0)) / len(told), "outcomes"
    way = journey(view)
    return (Fraction(way.reached, way.total), "milestones") if way.total else (None, None)


def _steps(stream: Stream, said_of: GoalDecomposed) -> list[StepProposed]:
    assert said_of.decomposition_id is not None, "a complete fact names what it creates"
    listed = []
    for step in said_of.steps:
        thing = None if step.step_id is None else stream.thing(step.step_id)
        if thing is None:
            continue
        accepted = thing.state == "accepted"
        listed.append(
            StepProposed(
                step_id=thing.id,
                decomposition_id=said_of.decomposition_id,
                text=said(step.text),
                horizon=step.horizon,
                proposed_by=said_of.proposed_by,
                accepted=accepted,
                accepted_at=thing.at if accepted else None,
            )
        )
    return listed


def _next_step(stream: Stream) -> UUID | None:
    """Of the open promises that move things on the one due first, those without a time last, then the earliest."""
    steps = [
        (one.due is None, one.born if one.due is None else moment(one.due).at, one.born, one.id)
        for one in promises(stream)
        if one.fact.data.next_step
    ]
    return min(steps)[3] if steps else None
