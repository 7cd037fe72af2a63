"""Rows that compare deals, of essays B and D: counts of what went together. None of them shows a cause."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.coverage.conftest import Seen, Told, fact
from tests.http.conftest import Person, World, client

Deal = Callable[..., Told]


@pytest.fixture
def newcomer(world: World) -> Iterator[httpx.Client]:
    """Somebody who sees no deal of March but their own: a new member where nothing is told of that month."""
    with client(world, world.elsewhere.owner) as owner:
        party_id = owner.post("/v1/members", json={"name": "Ada", "role": "member"}).json()["party_id"]
        key = owner.post("/v1/credentials", json={"party_id": party_id, "name": "Ada"}).json()["key"]
    with client(world, Person(UUID(party_id), key)) as http:
        yield http


@pytest.fixture
def ended(newcomer: httpx.Client, row: Seen) -> Deal:
    """A private deal with these facts on day 1, won on day 2, and on day 9 found right or wrong."""

    def told(verdict: str, facts: Callable[[Told], list[dict[str, Any]]]) -> Told:
        deal, outcome = Told(newcomer, "deal", row), str(uuid4())
        buys = {"party_id": deal.buyer, "side": "buyer", "roles": ["buyer", "economic_buyer"]}
        deal.opened(fact("deal.opened", title="Shifts", visibility="private"), fact("participant.joined", **buys))
        deal.on(1, fact("outcome.defined", outcome_id=outcome, measure="Shifts filled", target=95), *facts(deal))
        deal.on(2, fact("deal.closed", outcome="won"))
        deal.on(9, fact("outcome.measured", outcome_id=outcome, value=90, verdict=verdict))
        return deal

    return told


def table(deal: Told, name: str) -> Any:
    """That table of patterns, its groups by name with the deals that turned out right and wrong."""
    found = deal.asks("/v1/patterns")["patterns"]
    assert found["caution"] == "Counts of what went together. They do not show that one made the other."
    (one,) = [table for table in found["tables"] if table["name"] == name]
    groups = {group["group"]: (group["right"], group["wrong"]) for group in one["groups"] if group["deals"]}
    return one["hypothesis"], groups, one["gamma"], one["pairs"]


def test_B14_whether_knowing_motives_goes_with_deals_that_turn_out_right(ended: Deal) -> None:
    def known(deal: Told) -> list[dict[str, Any]]:
        own = {"party_id": deal.buyer, "layer": "personal", "statement": "To be home", "polarity": "served"}
        return [fact("motive.recorded", basis="stated", **own)]

    ended("achieved", known)
    ended("missed", known)
    deal = ended("missed", lambda _: [])
    said, groups, gamma, pairs = table(deal, "motives")
    assert said == "Deals whose deciders had said what is in it for them turn out right more often."
    assert groups == {"none": (0, 1), "up to half": (1, 1)}
    assert (gamma, pairs) == (1.0, 1)


def test_D18_whether_pressure_goes_with_deals_that_turn_out_right(ended: Deal) -> None:
    def pressed(times: int) -> Callable[[Told], list[dict[str, Any]]]:
        return lambda _: [fact("pressure.applied", kind="chasing", beneficiary="seller")] * times

    ended("achieved", pressed(0))
    ended("achieved", pressed(1))
    ended("missed", pressed(1))
    deal = ended("missed", pressed(4))
    said, groups, gamma, pairs = table(deal, "pressure")
    assert said == "Deals closed under less pressure turn out right more often."
    assert groups == {"0": (1, 0), "1": (1, 1), "3 or more": (0, 1)}
    assert (gamma, pairs) == (-1.0, 3)


def test_D19_whether_help_goes_with_deals_that_turn_out_right(ended: Deal) -> None:
    def helped(times: int) -> Callable[[Told], list[dict[str, Any]]]:
        return lambda deal: [fact("help.given", to=deal.buyer, kind="advice") for _ in range(times)]

    ended("achieved", helped(2))
    ended("missed", helped(0))
    ended("missed", helped(1))
    deal = ended("achieved", helped(0))
    said, groups, gamma, pairs = table(deal, "help")
    assert said == "Deals in which more help was given turn out right more often."
    assert groups == {"0": (1, 1), "1": (0, 1), "2": (1, 0)}
    assert (gamma, pairs) == (0.333333, 3)
