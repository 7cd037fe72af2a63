"""One walk through what holds, in the order it happened: what each fact changed, and the moments that are no facts."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Any, NamedTuple
from uuid import UUID

from domain.events.deal import DealClosed, DealReopened
from domain.events.discovery import QualificationUpdated
from domain.events.forces import ForceChanged, ForceObserved
from domain.events.goal import ENDED, GoalStatusChanged
from domain.events.journey import JourneyMapped
from domain.facts import Fact
from domain.fields import Dimension, Side
from domain.relations import PLANS
from domain.state import Entry, Stream, Thing
from domain.stream import evolve, initial
from projections.figures import ratio
from projections.list_row import FORCE_SIGN
from projections.moments import falls_due, moment
from projections.sides import buying_side
from projections.timeline.entries import CoverageChange, Effect, NetChange
from projections.topics import TOPICS, Topics
from projections.view import View

NOTHING = Effect(trust=[], forces_net=None, coverage=None)


class Silence(NamedTuple):
    """Nothing from one side between two moments; `until` is None while it lasts. `last` is their last fact."""

    at: datetime
    since: datetime
    until: datetime | None
    last: UUID


class Overdue(NamedTuple):
    """A thing that was open when its time had come. `fact` set that time."""

    at: datetime
    kind: str
    thing_id: UUID
    fact: UUID


class Walk:
    """What the walk found: `effects` by event id, where there is one; `silences` and `overdue` in order of time.

    `side` is the side that has to decide, whose silence it is. `turns_at` is the next moment at which time alone adds a
    silence or something overdue.
    """

    def __init__(self, view: View) -> None:
        self.effects: dict[UUID, Effect] = {}
        self.silences: list[Silence] = []
        self.overdue: list[Overdue] = []
        self.turns_at: datetime | None = None
        self._view = view
        self._stream: Stream = initial(view.stream.stream_id)
        self.side = buying_side(view.stream)
        self._quiet_after = timedelta(days=view.policy.silence_days)
        self._last: Entry | None = None  # of the side that decides, while anything is going on
        self._dues: list[tuple[datetime, int, UUID, UUID]] = []
        self._overdue: set[tuple[datetime, UUID]] = set()
        self._forces: dict[UUID, tuple[int, int]] = {}
        self._net = 0
        self._topics = Topics()
        for entry in view.entries:
            self._pass_dues(entry.at)
            self._take(entry)
        self._finish()

    def _take(self, entry: Entry) -> None:
        fact = entry.fact
        effect = self._effect(fact, entry.at)
        if effect is not NOTHING:
            self.effects[fact.event_id] = effect
        evolve(self._stream, fact)
        for thing in self._timed(fact):
            due = falls_due(self._stream, thing)
            if due is not None:
                heappush(self._dues, (moment(due).at, fact.stream_version, thing.id, fact.event_id))
        self._listen(entry)

    # -- effects

    def _effect(self, fact: Fact, at: datetime) -> Effect:
        data: Any = fact.data
        if isinstance(data, QualificationUpdated):
            before = self._topics.known
            self._topics.take(fact, data, at)
            if self._topics.known != before:
                change = CoverageChange(before=_share(before), after=_share(self._topics.known))
                return Effect(trust=[], forces_net=None, coverage=change)
        elif isinstance(data, ForceObserved | ForceChanged):
            return self._pushed(data)
        return NOTHING

    def _pushed(self, data: ForceObserved | ForceChanged) -> Effect:
        force_id = data.force_id
        known = None if force_id is None else self._forces.get(force_id)
        if isinstance(data, ForceObserved):
            sign = FORCE_SIGN[data.force]
        elif known is not None:
            sign = known[0]
        else:
            return NOTHING
        before = self._net if self._forces else None
        assert force_id is not None, "a complete fact names what it creates"
        self._forces[force_id] = (sign, data.intensity)
        self._net += sign * (data.intensity - (0 if known is None else known[1]))
        return (
            NOTHING
            if self._net == before
            else Effect(trust=[], forces_net=NetChange(before=before, after=self._net), coverage=None)
        )

    # -- what time alone brings

    def _timed(self, fact: Fact) -> Iterator[Thing]:
        """The things whose time a fact may have set."""
        step = PLANS[fact.type].step
        if isinstance(fact.data, JourneyMapped):
            ids = [milestone.milestone_id for milestone in fact.data.milestones]
        elif fact.data is not None and step is not None and step.kind in ("commitment", "no"):
            ids = [getattr(fact.data, step.member)]
        else:
            return
        for thing_id in ids:
            thing = None if thing_id is None else self._stream.thing(thing_id)
            if thing is not None and thing.open:
                yield thing

    def _pass_dues(self, at: datetime) -> None:
        """Note what became overdue before `at`: still open then, and its time not moved."""
        while self._dues and self._dues[0][0] < at:
            due_at, _, thing_id, set_by = heappop(self._dues)
            thing = self._stream.thing(thing_id)
            due = None if thing is None or not thing.open else falls_due(self._stream, thing)
            if thing is None or due is None or moment(due).at != due_at:
                continue
            if (due_at, thing_id) not in self._overdue:  # a time may be set twice
                self._overdue.add((due_at, thing_id))
                self.overdue.append(Overdue(due_at, thing.kind, thing_id, set_by))

    def _listen(self, entry: Entry) -> None:
        """Follow who was last heard of, while the deal or goal is going on."""
        data = entry.fact.data
        theirs = self._view.stream.side(entry.fact.acting_party) == self.side
        over = self._stream.closed is not None or self._stream.lifecycle in ENDED
        begins = self._stream.version == 1 or isinstance(data, DealReopened | GoalStatusChanged | DealClosed)
        if self._last is not None and (theirs or over):
            self._heard(self._last, entry.at)
            self._last = None
        if not over and (theirs or (begins and self._last is None)):
            self._last = entry

    def _heard(self, last: Entry, until: datetime | None) -> None:
        at = last.at + self._quiet_after
        if (until is None and at <= self._view.at) or (until is not None and at < until):
            self.silences.append(Silence(at, last.at, until, last.fact.event_id))
        elif until is None:
            self.turns_at = at

    def _finish(self) -> None:
        self._pass_dues(self._view.at)
        if self._last is not None:
            self._heard(self._last, None)
        ahead = []
        for due_at, _, thing_id, _ in self._dues:
            thing = self._stream.thing(thing_id)
            due = None if thing is None or not thing.open else falls_due(self._stream, thing)
            if due is not None and moment(due).at == due_at:
                ahead.append(due_at)
        self.turns_at = min([*ahead, *([] if self.turns_at is None else [self.turns_at])], default=None)


def dimension_of(stream: Stream, fact: Fact) -> Dimension | None:
    """The leg of trust that a fact is about by its own words or those of the thing that it moves."""
    data: Any = fact.data
    step = PLANS[fact.type].step
    if data is not None and step is not None and step.kind in ("commitment", "objection"):
        return dimension_of_thing(stream, stream.thing(getattr(data, step.member)))
    said: Dimension | None = getattr(data, "dimension", None)
    return said


def dimension_of_thing(stream: Stream, thing: Thing | None) -> Dimension | None:
    """An objection's dimension; a promise's, or by default the seller or the self of who promised."""
    if thing is None or thing.fact.data is None or thing.kind not in ("commitment", "objection"):
        return None
    said: Dimension | None = getattr(thing.fact.data, "dimension", None)
    if said is None and thing.kind == "commitment":
        return "seller" if stream.side(thing.fact.data.debtor) == "seller" else "self"
    return said


def owner_side(stream: Stream, thing: Thing) -> tuple[Side | None, UUID | None]:
    """Whose it is to act: side and, where it is one, person."""
    if thing.kind == "commitment":
        debtor = thing.fact.data.debtor
        return stream.side(debtor), debtor
    if thing.kind == "milestone":
        return next(one.owner_side for one in thing.fact.data.milestones if one.milestone_id == thing.id), None
    return "self" if stream.kind == "goal" else "seller", None


def _share(known: int) -> float:
    return ratio(known, len(TOPICS)) or 0.0
