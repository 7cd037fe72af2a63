"""How a row of the coverage is told: facts in over HTTP on numbered days, an answer out. Judges no answer itself."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from domain.events import CATALOGUE
from projections.resources import RESOURCES
from service.ledger.ledger import Ledger
from tests.coverage_table import NAMED, rows, shown
from tests.domain.telling import DAY_0, known_as
from tests.http.conftest import MASTER_KEY, Person, World, client, member, new_workspace, world

__all__ = ["Told", "fact", "known_as", "member", "world"]  # the last two are fixtures of the tests here

PLACE = re.compile(r"\{(\w+)\}")


class Seen(NamedTuple):
    """What the tests of a row told and read: types of facts, answers as rows.toml names them, and kinds of streams."""

    facts: set[str]
    answers: set[str]
    streams: set[str]


def fact(type_: str, /, **members: Any) -> dict[str, Any]:
    """A proposal: what is not a member of its data is a member of the envelope."""
    inside = set(CATALOGUE[type_].cls.__struct_fields__)
    data = {name: members.pop(name) for name in inside & members.keys()}
    return {"type": type_, **members, "data": data}


def moment(day: float) -> str:
    """The instant at which a day of the story is told, as it goes over the wire."""
    return (DAY_0 + timedelta(days=day)).isoformat().replace("+00:00", "Z")


class Told:
    """One stream that a test tells and asks, as the person whose client it is.

    Facts are told `on` a day, a number counted from Monday 2 March 2026, 9:00 UTC. Answers are read as of the last day
    told, unless a day is named.
    """

    def __init__(self, http: httpx.Client, kind: str, seen: Seen) -> None:
        self.http, self.kind, self._seen = http, kind, seen
        self.id, self.day = uuid4(), 0.0
        self.me = str(http.get("/v1/me").json()["party_id"])
        # Not the same in every test: what is known of a person is known across streams.
        self.buyer, self.user, self.coach = (str(uuid4()) for _ in range(3))

    @property
    def path(self) -> str:
        return f"/v1/{self.kind}s/{self.id}"

    def by(self, http: httpx.Client) -> "Told":
        """The same stream as somebody else meets it."""
        other = Told(http, self.kind, self._seen)
        other.id, other.day = self.id, self.day
        other.buyer, other.user, other.coach = self.buyer, self.user, self.coach
        return other

    def opened(self, *facts: dict[str, Any]) -> "Told":
        self._send(f"/v1/{self.kind}s", 0, facts, stream_id=str(self.id))
        return self

    def on(self, day: float, *facts: dict[str, Any]) -> list[str]:
        """Record facts of that day as one batch; answers their event ids."""
        return self._send(f"{self.path}/events", day, facts)

    def _send(self, path: str, day: float, facts: tuple[dict[str, Any], ...], **more: Any) -> list[str]:
        self.day = max(self.day, day)
        self._seen.facts.update(one["type"] for one in facts)
        told = [{"occurred_at": moment(day), **one} for one in facts]
        answer = self.http.post(path, json=msgspec.to_builtins({"facts": told, **more}))
        assert answer.status_code == 201, answer.text
        return [one["event_id"] for one in answer.json()["events"]]

    def asks(self, name: str, day: float | None = None, **question: Any) -> Any:
        """The answer of that name: a resource of the stream (`state` is the stream itself), or a whole path, in which
        `stream_id` is the stream and other places are filled from the question. What is None is not asked.

        Of a resource of `RESOURCES` only what it says, without the envelope.
        """
        self._seen.answers.add(name)
        self._seen.streams.add(self.kind)
        places = {place: str(question.pop(place)) for place in PLACE.findall(name) if place in question}
        own = name.format(**{"stream_id": self.id, **places}) if name.startswith("/") else f"{self.path}/{name}"
        asked = {"as_of": moment(self.day if day is None else day), **question}
        answer = self.http.get(
            self.path if name == "state" else own,
            params={key: value for key, value in asked.items() if value is not None},
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return body[RESOURCES[name].key] if name in RESOURCES else body

    def signal(self, name: str, day: float | None = None) -> Any:
        """The signal of that name, or None while it is off."""
        return next((one for one in self.asks("signals", day)["signals"] if one["name"] == name), None)

    def trust(self, dimension: str, day: float | None = None) -> Any:
        """Trust in the `seller`, `product`, `process` or `self`."""
        return next(one for one in self.asks("trust", day)["dimensions"] if one["dimension"] == dimension)


@pytest.fixture(scope="session")
def seen(request: pytest.FixtureRequest) -> Iterator[dict[str, Seen]]:
    """What was told and read for each row, which must be all that the row names once each of its tests ran."""
    by_row: dict[str, Seen] = {}
    yield by_row
    if request.session.testsfailed:
        return  # what failed may not have come to what it would have read
    ran = {item.name.partition("[")[0] for item in request.session.items}
    complete = {one.row for one in shown()} - {one.row for one in shown() if one.name not in ran}
    for id_, row in rows().items():
        if id_ in complete:
            used = by_row[id_]
            rest = [
                *(set(row.facts) - used.facts),
                *(set(row.answers) - used.answers),
                *(set(row.streams) - used.streams),
            ]
            assert not rest, f"the tests of {id_} do without {sorted(rest)}"


@pytest.fixture
def row(request: pytest.FixtureRequest, seen: dict[str, Seen]) -> Seen:
    """What the tests of this test's row told and read so far."""
    named = NAMED.fullmatch(request.function.__name__)
    assert named, "tests here are named after a row"
    return seen.setdefault(named[1], Seen(set(), set(), set()))


@pytest.fixture
def a_deal(member: httpx.Client, row: Seen) -> Callable[..., Told]:
    """Opens a deal on day 0, with a buyer who also decides. `opening` are members of `deal.opened`; `by` is the seller,
    a member unless somebody else is named."""

    def opened(by: httpx.Client = member, **opening: Any) -> Told:
        deal = Told(by, "deal", row)
        first = fact("deal.opened", **{"title": "Shift planning for twelve depots", **opening})
        buys = {"party_id": deal.buyer, "name": "Ruben", "side": "buyer", "roles": ["buyer", "economic_buyer"]}
        return deal.opened(first, fact("participant.joined", **buys))

    return opened


@pytest.fixture
def a_goal(member: httpx.Client, row: Seen) -> Callable[..., Told]:
    """Sets a goal on day 0. `setting` are members of `goal.set`, or of its envelope."""

    def opened(**setting: Any) -> Told:
        goal = Told(member, "goal", row)
        return goal.opened(fact("goal.set", **{"statement": "Speak Portuguese", "horizon": "medium", **setting}))

    return opened


@pytest.fixture
def deal(a_deal: Callable[..., Told]) -> Told:
    return a_deal()


@pytest.fixture
def goal(a_goal: Callable[..., Told]) -> Told:
    return a_goal()


@pytest.fixture(params=["deal", "goal"])
def stream(request: pytest.FixtureRequest, a_deal: Callable[..., Told], a_goal: Callable[..., Told]) -> Told:
    """A deal, then a goal: for rows that both kinds of streams must show alike."""
    return a_deal() if request.param == "deal" else a_goal()


@pytest.fixture
def by(world: World) -> Iterator[Callable[[str], httpx.Client]]:
    """The client of another role: `owner`, `auditor`, `coach` or `guest`."""
    opened: list[httpx.Client] = []

    def of(role: str) -> httpx.Client:
        opened.append(client(world, getattr(world.here, role)))
        return opened[-1]

    yield of
    for one in opened:
        one.close()


@pytest.fixture
def a_program(world: World, by: Callable[[str], httpx.Client]) -> Iterator[httpx.Client]:
    """The client of a program, which records what nobody has to type."""
    owner = by("owner")
    joined = owner.post("/v1/members", json={"name": "Diary assistant", "role": "service"}).json()
    wanted = {"party_id": joined["party_id"], "name": "Diary assistant"}
    key = owner.post("/v1/credentials", json=wanted).json()["key"]
    with client(world, Person(UUID(joined["party_id"]), key)) as http:
        yield http


@pytest.fixture
def a_workspace(world: World) -> Iterator[httpx.Client]:
    """The owner of a workspace in which nothing happened yet, for answers over everything that is in one."""
    with client(world, asyncio.run(_alone(world))) as http:
        yield http


async def _alone(world: World) -> Person:
    async with Ledger.open(world.database.app, MASTER_KEY, world.settings) as ledger:
        return (await new_workspace(ledger, "Only this test")).owner
