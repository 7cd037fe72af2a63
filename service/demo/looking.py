"""What the demo asks a service about a story: its course, trust, signals and questions at a moment. Prints nothing."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from service.demo.calling import Api
from service.faults import StartRefusal

# More than a story has facts, and moments beside them.
ENTRIES_MAX = 500
POINTS_MAX = 200

# What opens, turns or ends a story is told even where it moved no number.
TURNS = frozenset(
    {
        "deal.opened",
        "deal.closed",
        "goal.set",
        "no.received",
        "no.lifted",
        "setback.recorded",
        "routine.ended",
        "milestone.reached",
        "outcome.measured",
        "renewal.decided",
    }
)
TURN_WEIGHS = 0.1
# A step of one in the net of the forces, as a change of trust.
FORCE_WEIGHS = 0.01


class Change(Struct, frozen=True):
    """What one moment did to trust in one dimension."""

    dimension: str
    change: float


class Net(Struct, frozen=True):
    """The net of the forces before and after a fact; None while none was observed."""

    before: int | None
    after: int | None


class Effect(Struct, frozen=True):
    """What a fact changed."""

    trust: list[Change] = []
    forces_net: Net | None = None


class Entry(Struct, frozen=True):
    """A fact, or a moment without one, as a sentence. `type` is None where it is no fact."""

    kind: str
    at: datetime
    summary: str
    event_id: UUID
    type: str | None = None
    effect: Effect = Effect()

    @property
    def weight(self) -> float:
        """How much it changed, to choose the few that are shown."""
        trust = max((abs(one.change) for one in self.effect.trust), default=0.0)
        net = self.effect.forces_net
        forces = 0 if net is None else abs((net.after or 0) - (net.before or 0))
        return trust + FORCE_WEIGHS * forces + (TURN_WEIGHS if self.type in TURNS or self.kind == "overdue" else 0)


class Row(Struct, frozen=True):
    """Evidence: the fact and what the score would lose without it."""

    event_id: UUID
    case: str
    effect: float


class DimensionTrust(Struct, frozen=True):
    """Trust in one dimension."""

    dimension: str
    score: float
    label: str
    rows: list[Row]

    def weightiest(self, count: int) -> list[Row]:
        """The rows that move the score most, one for each fact."""
        of_facts: dict[UUID, Row] = {}
        for row in self.rows:
            before = of_facts.get(row.event_id)
            effect = row.effect + (before.effect if before else 0)
            of_facts[row.event_id] = Row(row.event_id, row.case, effect)
        return sorted(of_facts.values(), key=lambda row: -abs(row.effect))[:count]


class Signal(Struct, frozen=True):
    """A warning, and the question that would settle it."""

    name: str
    since: datetime
    question: str


class Question(Struct, frozen=True):
    """Something to ask, and the type of fact that would record the answer."""

    question: str
    answered_by: str
    reason: str


class Look(Struct, frozen=True):
    """How a story looks at one moment; `at` is None for now."""

    at: datetime | None
    trust: list[DimensionTrust]
    weakest: str
    signals: list[Signal]
    questions: list[Question]


class Point(Struct, frozen=True):
    """A moment at which trust changed, by a fact or by time alone."""

    at: datetime
    by_time: bool
    changes: list[Change]


def course(api: Api, stream: str) -> list[Entry]:
    """The whole timeline of a stream. What time alone did to trust is put where it became overdue."""
    told = msgspec.convert(_asked(api, f"{stream}/timeline", limit=ENTRIES_MAX)["entries"], list[Entry])
    history = _asked(api, f"{stream}/trust/history", limit=POINTS_MAX)["points"]
    by_time = {point.at: point.changes for point in msgspec.convert(history, list[Point]) if point.by_time}
    return [
        entry
        if entry.type is not None or entry.at not in by_time
        else msgspec.structs.replace(entry, effect=Effect(by_time[entry.at]))
        for entry in told
    ]


def turning_points(entries: list[Entry], count: int) -> list[Entry]:
    """The first, and those that changed most, as they happened."""
    places = sorted(range(len(entries)), key=lambda place: (place != 0, -entries[place].weight, place))
    return [entries[place] for place in sorted(places[:count])]


def look(api: Api, stream: str, at: datetime | None = None) -> Look:
    """Trust, signals and questions at a moment, or now."""
    when = {} if at is None else {"as_of": at.isoformat()}
    trust = _asked(api, f"{stream}/trust", **when)["trust"]
    return Look(
        at=at,
        trust=msgspec.convert(trust["dimensions"], list[DimensionTrust]),
        weakest=trust["weakest_dimension"],
        signals=msgspec.convert(_asked(api, f"{stream}/signals", **when)["signals"]["signals"], list[Signal]),
        questions=msgspec.convert(_asked(api, f"{stream}/questions", **when)["questions"]["questions"], list[Question]),
    )


def _asked(api: Api, path: str, **question: Any) -> Any:
    status, answer = api.get(path, **question)
    if status != 200:
        raise StartRefusal(f"The service answered {status} to {path}: {answer.get('detail')}")
    return answer
