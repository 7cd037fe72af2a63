"""The service is held against a small model, whatever is said in whatever order, through two processes in turn."""

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import count, product
from typing import Any, ClassVar
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.faults.conftest import GIVEN_KEY, Connect, Pair
from tests.faults.load import Answer, Client, me
from tests.faults.model import Told, deal_of, refusal_of
from tests.faults.replay import assert_rows_equal_a_replay

DEALS_MAX = 2
NAMESPACE = UUID("0190c5a0-0000-7000-8000-00000000fa17")
numbers = count()
Data = Mapping[str, Any]

SAYS: dict[str, Callable[[int, str, str], dict[str, Any]]] = {
    "note.recorded": lambda nth, _thing, _party: {"text": f"He paused {nth} times"},
    "deal.opened": lambda nth, _thing, _party: {"title": f"Again {nth}"},
    "deal.changed": lambda nth, _thing, _party: {"title": f"Depots {nth}"},
    "stage.entered": lambda nth, _thing, _party: {"stage": ("deciding", "active_looking", "onboarding")[nth]},
    "deal.closed": lambda nth, _thing, _party: {"outcome": ("won", "lost", "won")[nth]},
    "deal.reopened": lambda _nth, _thing, _party: {"reason": "The budget was released"},
    "participant.joined": lambda _nth, _thing, party: {"party_id": party, "side": "buyer"},
    "participant.left": lambda _nth, _thing, party: {"party_id": party},
    "objection.raised": lambda _nth, thing, party: {
        "objection_id": thing,
        "dimension": "product",
        "category": "risk",
        "statement": "Drivers refuse it",
        "raised_by": party,
    },
    "objection.acknowledged": lambda _nth, thing, _party: {"objection_id": thing},
    "objection.answered": lambda _nth, thing, _party: {"objection_id": thing, "answer": "Try one depot"},
    "objection.resolved": lambda _nth, thing, _party: {"objection_id": thing, "resolution": "answered"},
    "objection.accepted": lambda _nth, thing, _party: {"objection_id": thing},
    "objection.reopened": lambda _nth, thing, _party: {"objection_id": thing, "reason": "Another season"},
    "commitment.made": lambda _nth, thing, party: {
        "commitment_id": thing,
        "debtor": "me",
        "creditor": party,
        "statement": "Call back",
    },
    "commitment.fulfilled": lambda _nth, thing, _party: {"commitment_id": thing},
    "commitment.broken": lambda _nth, thing, _party: {"commitment_id": thing},
    "commitment.cancelled": lambda _nth, thing, _party: {"commitment_id": thing},
    "commitment.confirmed": lambda _nth, thing, party: {"commitment_id": thing, "by": party},
    "commitment.disputed": lambda _nth, thing, party: {
        "commitment_id": thing,
        "by": party,
        "because": "One is missing",
    },
}
"""What can be said, in three variants, about one of a few things and by one of a few people."""

TELLINGS = list(product(sorted(SAYS), range(3), ("a", "b"), ("Sanne", "Milan")))


def an_id() -> str:
    """The same ones in every run, each of them once."""
    return str(uuid5(NAMESPACE, str(next(numbers))))


tellings = st.sampled_from(TELLINGS)
choices = st.integers(0, 1_000)
"""Which deal, which event: taken modulo how many there are."""


class Service(RuleBasedStateMachine):
    """Everything is sent to the service and asked of the model; what they say is compared at once."""

    clients: ClassVar[list[Client]] = []
    my_id: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.deals: dict[str, list[Told]] = {}
        self.sent: dict[str, dict[str, Any]] = {}
        self.turn = 0

    # -- what is done

    @precondition(lambda self: len(self.deals) < DEALS_MAX)
    @rule(title=st.sampled_from(["Depots", "Yards"]))
    def open_a_deal(self, title: str) -> None:
        deal, fact = an_id(), self.fact("deal.opened", {"title": title})
        answer = self.ask("POST", "/v1/deals", {**fact, "stream_id": deal})
        assert answer.status == 201
        assert answer.headers["location"] == f"/v1/deals/{deal}"
        self.deals[deal] = []
        self.recorded(deal, answer, [fact])

    @precondition(lambda self: self.deals)
    @rule(which=choices, picks=st.lists(choices, min_size=1, max_size=4))
    def record(self, which: int, picks: list[int]) -> None:
        """Several facts at once, each of which is accepted after those before it."""
        deal, told = self.a_deal(which)
        facts: list[dict[str, Any]] = []
        model = deal_of(self.my_id, told)
        for pick in picks:
            possible = [
                fact
                for fact in (self.said(deal, *telling) for telling in TELLINGS)
                if model.refusal(fact["type"], fact["data"]) is None
            ]
            facts.append(possible[pick % len(possible)])
            model.take(facts[-1]["type"], facts[-1]["data"])
        self.propose(deal, told, facts)

    @precondition(lambda self: self.deals)
    @rule(which=choices, tellings=st.lists(tellings, min_size=1, max_size=3))
    def record_anything(self, which: int, tellings: list[tuple[str, int, str, str]]) -> None:
        """Whatever it is: all of it or nothing."""
        deal, told = self.a_deal(which)
        facts = [self.said(deal, *telling) for telling in tellings]
        self.propose(deal, told, facts)

    @precondition(lambda self: self.deals)
    @rule(which=choices, event=choices, type_=st.sampled_from(["event.voided", "event.corrected"]))
    def take_back(self, which: int, event: int, type_: str) -> None:
        deal, told = self.a_deal(which)
        target = told[-1 - event % len(told)] if event % 20 else None
        data: dict[str, Any] = {"target_event_id": target.event_id if target else an_id(), "reason": "A slip"}
        if type_ == "event.corrected":
            if target and target.type not in ("note.recorded", "deal.changed", "event.voided", "event.corrected"):
                return
            name = "title" if target and target.type == "deal.changed" else "text"
            data["data"] = {name: f"Corrected {event % 3}"}
        self.propose(deal, told, [self.fact(type_, data)])

    @precondition(lambda self: self.sent)
    @rule(which=choices, event=choices)
    def repeat(self, which: int, event: int) -> None:
        """The same id and content, whatever has happened since: the first answer."""
        deal, told = self.a_deal(which)
        first = told[event % len(told)]
        answer = self.ask("POST", self.path(deal), self.sent[first.event_id], **{"If-Match": '"1"'})
        assert answer.status == 200
        assert answer.headers["idempotency-replayed"] == "true"
        (again,) = answer.json["events"]
        assert (again["event_id"], again["position"]) == (first.event_id, first.position)
        assert answer.json["position"] == first.position + 1

    @precondition(lambda self: self.sent)
    @rule(which=choices, event=choices)
    def use_an_id_twice(self, which: int, event: int) -> None:
        deal, told = self.a_deal(which)
        fact = {**self.fact("note.recorded", {"text": "Other words"}), "event_id": told[event % len(told)].event_id}
        answer = self.ask("POST", self.path(deal), fact)
        assert (answer.status, answer.json["type"]) == (422, "/problems/event-id-reused")

    @precondition(lambda self: self.deals)
    @rule(which=choices, behind=st.integers(0, 3), telling=tellings)
    def write_at_a_version(self, which: int, behind: int, telling: tuple[str, int, str, str]) -> None:
        deal, told = self.a_deal(which)
        version, fact = max(0, len(told) - behind), self.said(deal, *telling)
        if version == len(told):
            self.propose(deal, told, [fact], **{"If-Match": f'"{version}"'})
            return
        answer = self.ask("POST", self.path(deal), fact, **{"If-Match": f'"{version}"'})
        assert (answer.status, answer.json["current_version"]) == (412, len(told))
        assert [event["event_id"] for event in answer.json["missed"]] == [one.event_id for one in told[version:]]

    @precondition(lambda self: self.deals)
    @rule(which=choices, version=choices)
    def look_back(self, which: int, version: int) -> None:
        """The deal as it was known after one of its facts."""
        deal, told = self.a_deal(which)
        known = told[: version % len(told) + 1]
        self.compare(deal, known, f"?known_at={known[-1].position + 1}", len(told))
        assert self.ask("GET", f"/v1/deals/{deal}?known_at={told[0].position}").status == 404

    # -- how it is done and compared

    def propose(self, deal: str, told: list[Told], facts: list[dict[str, Any]], **headers: str) -> None:
        refusal = None
        expected = list(told)
        for fact in facts:
            refusal = refusal or refusal_of(self.my_id, expected, fact["type"], fact["data"])
            expected.append(Told(fact["event_id"], fact["type"], fact["data"], len(expected)))
        answer = self.ask("POST", self.path(deal), facts[0] if len(facts) == 1 else {"facts": facts}, **headers)
        if refusal is None:
            assert answer.status == 201, answer.body
            self.recorded(deal, answer, facts)
        else:
            assert (answer.status, answer.json["type"]) == (409, f"/problems/{refusal}")
        self.compare(deal, told, "", len(told))

    def recorded(self, deal: str, answer: Answer, facts: list[dict[str, Any]]) -> None:
        told = self.deals[deal]
        for event, fact in zip(answer.json["events"], facts, strict=True):
            told.append(Told(fact["event_id"], fact["type"], fact["data"], event["position"]))
            self.sent[fact["event_id"]] = fact
            assert (event["event_id"], event["stream_version"]) == (fact["event_id"], len(told))
        assert answer.json["stream_version"] == len(told)
        assert answer.json["position"] == told[-1].position + 1

    def compare(self, deal: str, told: list[Told], question: str, version: int) -> None:
        """State and events, as the other process tells them."""
        expected = deal_of(self.my_id, told)
        answer = self.ask("GET", f"/v1/deals/{deal}{question}").json
        state = answer["state"]
        assert answer["stream_version"] == version
        assert (state["title"], state["stage"], state["status"]) == (
            expected.title,
            expected.stage,
            "closed" if expected.outcome else "open",
        )
        assert (state["closed"] and state["closed"]["outcome"]) == expected.outcome
        assert {one["party_id"]: one["left_at"] is None for one in state["participants"]} == expected.present
        assert state["counts"] == expected.counts
        assert state["promises_open"] == expected.number("commitment", "made")
        assert state["objections_open"] == expected.number("objection", "raised", "acknowledged", "answered")
        events = self.ask("GET", f"{self.path(deal)}{question}").json["events"]
        assert [event["event_id"] for event in events] == [one.event_id for one in told]
        assert [event["position"] for event in events] == [one.position for one in told]

    def teardown(self) -> None:
        """The list says the same as the deals."""
        rows = {row["id"]: row for row in self.ask("GET", "/v1/deals?limit=500").json["items"]}
        for deal, told in self.deals.items():
            expected, row = deal_of(self.my_id, told), rows[deal]
            assert (row["title"], row["stage"], row["outcome"], row["stream_version"]) == (
                expected.title,
                expected.stage,
                expected.outcome,
                len(told),
            )

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Of the two processes in turn."""
        self.turn += 1
        return self.clients[self.turn % 2].ask(method, path, body, **headers)

    def a_deal(self, which: int) -> tuple[str, list[Told]]:
        deal = list(self.deals)[which % len(self.deals)]
        return deal, self.deals[deal]

    def path(self, deal: str) -> str:
        return f"/v1/deals/{deal}/events"

    def said(self, deal: str, type_: str, nth: int, thing: str, party: str) -> dict[str, Any]:
        kind = type_.partition(".")[0]
        data = SAYS[type_](nth, str(uuid5(UUID(deal), kind + thing)), str(uuid5(UUID(deal), party)))
        return self.fact(type_, {name: self.my_id if value == "me" else value for name, value in data.items()})

    def fact(self, type_: str, data: Data) -> dict[str, Any]:
        return {"type": type_, "event_id": an_id(), "data": data}


BOUNDED = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

TestTheService = Service.TestCase
TestTheService.settings = BOUNDED


class Longer(Service):
    """The same, for longer."""


TestTheServiceForLonger = pytest.mark.slow(Longer.TestCase)
TestTheServiceForLonger.settings = settings(BOUNDED, max_examples=200, stateful_step_count=60)


@pytest.fixture(autouse=True)
def service(pair: Pair, connect: Connect, request: pytest.FixtureRequest) -> Iterator[None]:
    """Two processes on one workspace. Afterwards the derived rows equal a replay."""
    given = request.config.getoption("--hypothesis-seed")
    number = int(given) if given else random.getrandbits(32)
    print(f"--hypothesis-seed={number} tells the same again")  # noqa: T201  # shown when it fails
    for machine in (Service, Longer):
        seed(number)(machine)
    Service.my_id = str(me(pair.first.url, pair.first.owner_key))
    Service.clients = pair.clients(connect, 2)
    yield
    assert_rows_equal_a_replay(pair.database.app, GIVEN_KEY)
