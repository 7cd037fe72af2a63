"""Facts that chance tells about one deal or goal: early, late, hidden, voided, corrected, and often refused."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from domain.events import ClientProposal
from domain.facts import Proposal

START = datetime(2026, 2, 2, 9, tzinfo=UTC)
DAYS = 40


class Telling:
    """What was told of a stream so far, so that later facts have something to be about. A seed tells the same again."""

    def __init__(self, seed: int, me: UUID) -> None:
        self.chance = random.Random(seed)
        self.me = str(me)
        self.people = [self.me, *(self.an_id() for _ in range(3))]
        self.things: dict[str, list[str]] = {}
        self.events: list[str] = []
        self.notes: list[str] = []
        self.day = 0.0

    def an_id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def opening(self, kind: str) -> Proposal:
        if kind == "goal":
            return self._said("goal.set", statement="Run again", horizon="short")
        return self._said("deal.opened", title="Twelve depots", customer="Vervoer Noord", product="Rota")

    def next(self) -> Proposal:
        """Any fact; half of them would not be accepted on any given stream."""
        type_ = self.chance.choice(list(SAYS))
        return self._said(type_, **SAYS[type_](self))

    def _said(self, type_: str, **data: Any) -> Proposal:
        self.day = min(DAYS, self.day + self.chance.choice([0, 0.1, 0.5]))
        late = self.chance.choice([0, 0, 0, 0, 1, 9])
        event_id = self.an_id()
        said: dict[str, Any] = {
            "type": type_,
            "event_id": event_id,
            "occurred_at": (START + timedelta(days=max(0, self.day - late))).isoformat(),
            "data": data,
        }
        if self.chance.random() < 0.15:
            said["visibility"] = self.chance.choice(["private", "participants", "shared"])
        (self.notes if type_ == "note.recorded" else self.events).append(event_id)
        made: Proposal = msgspec.convert(said, ClientProposal)
        return made

    def party(self) -> str:
        return self.chance.choice(self.people)

    def event(self) -> str:
        return self.chance.choice([*self.events[-5:], *self.notes[-5:]])

    def note(self) -> str:
        return self.chance.choice(self.notes[-5:] or self.events[-1:])

    def new(self, kind: str) -> str:
        self.things.setdefault(kind, []).append(self.an_id())
        return self.things[kind][-1]

    def thing(self, kind: str) -> str:
        known = self.things.get(kind, [])[-4:]
        return self.chance.choice(known) if known else self.an_id()

    def due(self) -> str:
        return (START + timedelta(days=self.chance.randrange(400))).isoformat()

    def one_of(self, *values: Any) -> Any:
        return self.chance.choice(values)


SAYS: dict[str, Callable[[Telling], dict[str, Any]]] = {
    "note.recorded": lambda _: {"text": "He paused before he said yes"},
    "participant.joined": lambda by: {
        "party_id": by.party(),
        "side": by.one_of("buyer", "seller", "self", "coach"),
        "name": by.one_of("Sanne", "Milan"),
    },
    "participant.left": lambda by: {"party_id": by.party()},
    "stage.entered": lambda by: {"stage": by.one_of("active_looking", "deciding")},
    "deal.changed": lambda by: {"customer": by.one_of(None, "Kade & Zoon"), "title": by.one_of("Depots", "Yards")},
    "deal.closed": lambda by: {"outcome": by.one_of("won", "lost")},
    "deal.reopened": lambda _: {"reason": "The budget was released"},
    "goal.restated": lambda by: {"statement": by.one_of("Run ten", "Run five")},
    "goal.status_changed": lambda by: {"lifecycle": by.one_of("active", "on_hold"), "achievement": "in_progress"},
    "force.observed": lambda by: {
        "force_id": by.new("force"),
        "force": by.one_of("push", "pull", "anxiety", "habit"),
        "statement": "Nights are chaos",
        "intensity": by.one_of(1, 3, 5),
    },
    "force.changed": lambda by: {"force_id": by.thing("force"), "intensity": by.one_of(0, 2), "because": "Time"},
    "no.received": lambda by: {
        "no_id": by.new("no"),
        "scope": "price",
        "kind": "deferral",
        "said_by": by.party(),
        "statement": "Not this year",
        "revisit_at": by.due(),
    },
    "no.lifted": lambda by: {"no_id": by.thing("no"), "because": "It is a new year"},
    "commitment.made": lambda by: {
        "commitment_id": by.new("commitment"),
        "debtor": by.party(),
        "creditor": by.party(),
        "statement": "Call back",
        "due_at": by.due(),
    },
    "commitment.fulfilled": lambda by: {"commitment_id": by.thing("commitment")},
    "commitment.renegotiated": lambda by: {
        "commitment_id": by.thing("commitment"),
        "change": "later",
        "due_at": by.due(),
        "agreed_by": by.party(),
        "reason": "Ill",
    },
    "journey.mapped": lambda by: {
        "end_state": "All depots run it",
        "milestones": [{"milestone_id": by.new("milestone"), "name": "Pilot", "owner_side": "seller", "due": by.due()}],
    },
    "milestone.reached": lambda by: {"milestone_id": by.thing("milestone")},
    "routine.set": lambda by: {
        "routine_id": by.new("routine"),
        "name": "Run",
        "time_zone": "Europe/Lisbon",
        "schedule": {"times": 2, "per": "week"},
    },
    "routine.ended": lambda by: {"routine_id": by.thing("routine")},
    "event.voided": lambda by: {"target_event_id": by.event(), "reason": "Recorded on the wrong stream"},
    "event.corrected": lambda by: {
        "target_event_id": by.note(),
        "data": {"text": "He did not pause"},
        "reason": "Misheard",
    },
    "visibility.widened": lambda by: {"target_event_id": by.event(), "to": by.one_of("team", "shared")},
}
