"""The published vectors that begin with facts: stories told here, answered by the projections, kept in the service.

`python -m tests.vectors` writes them anew. Factors and opinions stand in the file as they were published and are not
written from code: they are what the code is held to.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec import structs

from domain.facts import Caller, Fact, Proposal, Recorded, Visibility
from domain.history import effective
from domain.stream import fold
from projections.proof_loop import proof_loop
from projections.trust.policy import TRUST_1
from projections.trust.score import trust
from projections.view import View
from service.ledger.wire import event_json
from service.vectors import FORMAT
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    Story,
    corrected,
    day,
    fact,
    goal_set,
    joined,
    known_as,
    objection,
    on_objection,
    on_promise,
    opened,
    promise,
    voided,
)
from tests.projections.standing import routine
from tests.running import ROOT

FOLDER = ROOT / "service" / "vectors"


class Vector(NamedTuple):
    """A story and the moment it is asked about."""

    name: str
    about: str
    story: "Told"
    at: datetime


class Told(Story):
    """A story whose ids are the same in every run; each fact is recorded when it happened."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"{kind}/{known_as(f'the {kind} of {name}')}")
        self.name = name
        self.buyer = Caller(BUYER, "guest", stream_id=self.stream.stream_id)

    def tell(self, *proposals: Proposal, **more: Any) -> list[Fact]:
        named = [structs.replace(one, event_id=one.event_id or self.next_id(nth)) for nth, one in enumerate(proposals)]
        return super().tell(*named, **more)

    def next_id(self, nth: int) -> Any:
        return known_as(f"{self.name} {len(self.records) + nth}")

    def by_buyer(self, *proposals: Proposal) -> None:
        """Recorded by the buyer, who thereby vouches for it."""
        for one in proposals:
            self.tell(one, by=self.buyer)

    def shared(self, *proposals: Proposal) -> "Told":
        for one in proposals:
            self.tell(structs.replace(one, visibility=Visibility.SHARED))
        return self


def a_deal(name: str, *told: Proposal) -> Told:
    story = Told("deal", name)
    return story.shared(opened(day=0), joined(BUYER, "buyer", day=0), *told)


def a_practice(name: str, days: str, zone: str = "UTC", **schedule: Any) -> Told:
    """A routine from day 0 on: one letter a day for done, partial, missed, skipped; a dot for no check-in."""
    story = Told("goal", name)
    story.tell(goal_set(day=0), joined(COACH, "coach", day=0), routine("listen", zone, **schedule))
    for number, letter in enumerate(days):
        if letter != ".":
            story.tell(checked(number, {"d": "done", "p": "partial", "m": "missed", "s": "skipped"}[letter]))
    return story


def checked(number: int, status: str = "done") -> Proposal:
    date = day(number).date().isoformat()
    return fact("checkin.recorded", routine_id=known_as("listen"), local_date=date, status=status, day=number)


def kept(story: Told, *days: float) -> Told:
    """Promises of the seller, each made and kept on one day, by the buyer's word."""
    for number in days:
        name = f"kept {number}"
        story.shared(promise(name, day=number))
        story.by_buyer(on_promise("fulfilled", name, day=number))
    return story


def broken(story: Told, *days: float) -> Told:
    """Promises of the seller, each made and declared broken on one day."""
    for nth, number in enumerate(days):
        name = f"broken {number} {nth}"
        story.shared(promise(name, day=number), on_promise("broken", name, day=number))
    return story


def due(number: float) -> str:
    return day(number).isoformat()


def of_deals() -> list[Vector]:
    """From facts to rows: each rule that an app meets, and what takes evidence back."""
    found = []

    def add(name: str, about: str, story: Told, at: float) -> None:
        found.append(Vector(name, about, story, day(at)))

    add("V0 day 0", "a deal on which nothing speaks for or against", a_deal("V0"), 0)
    add("V1 day 45", "a promise kept by the buyer's word, half a half-life ago", kept(a_deal("V1"), 0), 45)
    mixed = broken(kept(a_deal("V3"), 0, 10, 20), 30)
    add("V3 day 30", "three promises kept, then one broken", mixed, 30)
    add("V3 day 20", "the same facts asked about as of before the break", mixed, 20)
    add("V3 day 390", "the same a year of silence later", mixed, 390)
    add("V4 day 60", "the same counts in another order", kept(broken(a_deal("V4"), 0), 10, 20, 30), 60)
    taken_back = kept(a_deal("V6"), 0, 10)
    taken_back.by_buyer(voided(taken_back.records[-1].fact.event_id, day=50))
    add("V6b day 60", "a fulfilment that was voided: the promise is open again, and was due at no time", taken_back, 60)
    overdue = a_deal("V7", promise("p", due_at=due(10), day=0))
    add("V7a day 9", "a promise that is due later", overdue, 9)
    add("V7b day 200", "the same, overdue for long: it does not fade", overdue, 200)
    late = a_deal("V7c", promise("p", due_at=due(10), day=0))
    late.by_buyer(on_promise("fulfilled", "p", day=14))
    add("V7c day 30", "fulfilled late: half for, half against", late, 30)
    own_word = a_deal("V9", promise("p", day=0), on_promise("fulfilled", "p", day=0))
    add("V9 day 0", "kept by the seller's own word alone", own_word, 0)
    confirmed = a_deal("confirmed", promise("p", day=0), on_promise("fulfilled", "p", day=1))
    confirmed.by_buyer(on_promise("confirmed", "p", by=BUYER, day=6))
    add("confirmed", "confirmed later: it counts fully from the fulfilment on", confirmed, 20)
    add("V13 day 0", "four promises broken", broken(a_deal("V13"), 0, 0, 0, 0), 0)
    add(
        "capped",
        "five promises kept on one day: of one party's word, two count a day",
        kept(a_deal("cap"), *[0.01, 0.02, 0.03, 0.04, 0.05]),
        1,
    )
    sizes = a_deal("sizes", *(promise(size, stake=size, day=0) for size in ("small", "large")))
    sizes.shared(on_promise("broken", "small", day=1), on_promise("broken", "large", day=2))
    add("stakes", "a small and a large promise broken", sizes, 3)
    unheard = a_deal("unheard", objection("o", severity="blocking", day=0))
    add("unheard", "an objection that nobody acknowledged in seven days", unheard, 20)
    settled = a_deal("settled", objection("o", day=0), on_objection("acknowledged", "o", day=1))
    settled.shared(on_objection("resolved", "o", day=3))
    add("resolved", "an objection resolved and not yet confirmed", settled, 10)
    settled.by_buyer(on_objection("confirmed", "o", by=BUYER, day=12))
    add("resolved and confirmed", "the same once its raiser has confirmed it", settled, 20)
    conduct = a_deal(
        "conduct",
        fact("help.given", to=BUYER, kind="advice", outside_sale=True, day=1),
        fact("pressure.applied", kind="chasing", beneficiary="seller", day=4),
    )
    add("help and pressure", "help outside the sale, and pressure", conduct, 9)
    misheard = a_deal("corrected", promise("p", due_at=due(5), day=0), on_promise("fulfilled", "p", day=3))
    first = misheard.records[2].fact
    said = {
        "commitment_id": str(known_as("p")),
        "debtor": str(SELLER),
        "creditor": str(BUYER),
        "statement": "Call",
        "stake": "large",
        "due_at": due(2),
    }
    misheard.shared(corrected(first.event_id, said, day=6))
    add(
        "corrected",
        "a promise that was larger, and due earlier, than first written: it was kept late",
        misheard,
        8,
    )
    lost = a_deal("lost", promise("p", due_at=due(20), day=0), fact("deal.closed", outcome="lost", day=10))
    add("closed", "a deal that was lost lets go of what was promised", lost, 30)
    return found


def of_goals() -> list[Vector]:
    """Routines, in days and weeks, in time zones, and what their owner makes of them."""
    v16 = a_practice("V16", "dddddmdddmdsdd")
    spring = a_practice("spring", "d" * 27 + ".d.d", "Europe/Lisbon")
    weekly = a_practice("weekly", "d.d.d..d..p...m", times=3, per="week")
    held = a_practice("held", "dd")
    held.tell(fact("goal.status_changed", lifecycle="on_hold", day=1.5))
    held.tell(fact("goal.status_changed", lifecycle="active", day=11))
    told = a_practice("told", "dd...d")
    first = told.records[0].fact.event_id
    told.tell(fact("setback.recorded", reason="Travel", day=6))
    for locus in ("internal", "internal", "external", "mixed"):
        told.tell(fact("attribution.recorded", target_event_id=first, locus=locus, day=7))
    told.tell(fact("confidence.stated", about="The first month", value=7.5, day=8))
    undone = a_practice("undone", "ddd")
    undone.tell(voided(undone.records[-1].fact.event_id, day=3))
    weekdays = a_practice("weekdays", "d.d.d..d.d", weekdays=["monday", "wednesday", "friday"])
    return [
        Vector("V16 day 4", "a daily routine, five days in", v16, day(4)),
        Vector("V16 day 13", "the same after fourteen days: two missed, one skipped", v16, day(13)),
        Vector(
            "V16 a month later",
            "the same a month later: what nobody checked in was missed",
            v16,
            day(43),
        ),
        Vector("spring", "a daily routine in Lisbon over the night when clocks go forward", spring, day(31)),
        Vector("three times a week", "weeks that ask three times: one done, one partly, two missed", weekly, day(28)),
        Vector("three days a week", "days that are not asked for break no run", weekdays, day(9)),
        Vector("on hold", "nothing is missed while a goal rests", held, day(13)),
        Vector("setbacks and causes", "a setback, what things are put down to, and how sure somebody is", told, day(9)),
        Vector("voided", "a check-in that was voided was never made", undone, day(3)),
    ]


def _view(vector: Vector) -> View:
    records: list[Recorded] = effective(vector.story.records, vector.at)
    return View(fold(vector.story.stream.stream_id, [one.fact for one in records]), vector.at)


def _written(vector: Vector, expected: Any) -> dict[str, Any]:
    return {
        "name": vector.name,
        "about": vector.about,
        "at": msgspec.to_builtins(vector.at),
        "events": [msgspec.json.decode(event_json(one)) for one in vector.story.records],
        "expected": msgspec.to_builtins(expected),
    }


def texts() -> dict[str, bytes]:
    """The files as they should be."""
    under = {"policy": TRUST_1.key, "sha256": TRUST_1.digest}
    kept_as_they_are = msgspec.json.decode((FOLDER / "trust.json").read_bytes())
    streams = [_written(one, trust(_view(one))) for one in [*of_deals(), *of_goals()[:2]]]
    loops = [_written(one, proof_loop(_view(one))) for one in of_goals()]
    made = {
        "trust": {**kept_as_they_are, "policy": under, "streams": streams},
        "proof-loop": {"format": FORMAT, "policy": under, "streams": loops},
    }
    return {name: _laid_out(one) for name, one in made.items()}


def _laid_out(vectors: dict[str, Any]) -> bytes:
    """JSON with a line for each vector, so that a change shows which one it is."""
    members = []
    for name, value in vectors.items():
        text = msgspec.json.encode(value).decode()
        if isinstance(value, list):
            text = "[\n" + ",\n".join(msgspec.json.encode(one).decode() for one in value) + "\n]"
        members.append(f'"{name}":{text}')
    return ("{" + ",\n".join(members) + "}\n").encode()


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


if __name__ == "__main__":
    for name, text in texts().items():
        path_of(name).write_bytes(text)
