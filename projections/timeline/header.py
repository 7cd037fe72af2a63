"""What stands above a timeline: the course of a stream at a glance. Lists are in the order of happening."""

from collections import Counter
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import IntentDeclared
from domain.events.deal import Stage, StageEntered
from domain.events.discovery import InsightRecorded
from domain.fields import Instant
from projections.discovery import ConfidenceBesideCoverage, discovery
from projections.insights import GapFound, ProgressFound
from projections.view import View

Intent = Literal["help", "close", "learn", "sell"]
Method = Literal["journal", "conversation", "therapy", "coaching", "ai", "interview", "observation"]


class StageReached(Struct, frozen=True, kw_only=True):
    """The buyer came to a stage of buying."""

    stage: Stage
    at: Instant
    event_id: UUID


class IntentSaid(Struct, frozen=True, kw_only=True):
    """What somebody said they are after. `was` is what the same party had said before, null the first time."""

    party_id: UUID
    intent: Intent
    was: Intent | None
    at: Instant
    event_id: UUID


class MethodUsed(Struct, frozen=True, kw_only=True):
    """How many insights came about in one way; `by_agents` of them were recorded by an agent and not by a person."""

    method: Method | None
    insights: int
    by_agents: int


class TimelineHeader(Struct, frozen=True, kw_only=True):
    """The course of a stream up to the moment asked about, whatever the page and its filters show.

    `methods` has one entry for each way that was used, `method` null where none was said. `gaps` are what people said
    beside what they value, `progress` from where to where they want to come, `confidence` how sure they said they are
    beside the topics known at the time: a dip while more becomes known is marked as expected.
    """

    stages: list[StageReached]
    intents: list[IntentSaid]
    methods: list[MethodUsed]
    progress: list[ProgressFound]
    gaps: list[GapFound]
    confidence: list[ConfidenceBesideCoverage]


def header(view: View) -> TimelineHeader:
    """The header of a stream's timeline, in one pass."""
    stages: list[StageReached] = []
    intents: list[IntentSaid] = []
    last: dict[UUID, Intent] = {}
    used: Counter[Method | None] = Counter()
    by_agents: Counter[Method | None] = Counter()
    for entry in view.entries:
        event_id, data = entry.fact.event_id, entry.fact.data
        if isinstance(data, StageEntered):
            stages.append(StageReached(stage=data.stage, at=entry.at, event_id=event_id))
        elif isinstance(data, IntentDeclared):
            was = last.get(data.by)
            intents.append(IntentSaid(party_id=data.by, intent=data.intent, was=was, at=entry.at, event_id=event_id))
            last[data.by] = data.intent
        elif isinstance(data, InsightRecorded):
            used[data.method] += 1
            by_agents[data.method] += entry.fact.actor.kind == "agent"
    found = discovery(view)
    return TimelineHeader(
        stages=stages,
        intents=intents,
        methods=[
            MethodUsed(method=method, insights=used[method], by_agents=by_agents[method])
            for method in (*get_args(Method), None)
            if used[method]
        ],
        progress=found.progress,
        gaps=found.gaps,
        confidence=found.confidence,
    )
