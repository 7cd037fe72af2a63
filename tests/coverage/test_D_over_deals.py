"""Rows that compare deals, of essays B, C and D: counts of what went together. None of them shows a cause."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.coverage.conftest import Told, fact, moment

Deal = Callable[..., Told]


@pytest.fixture
def ended(a_deal: Deal, a_workspace: httpx.Client) -> Deal:
    """A deal with these facts on day 1, won on day 2, and on day 9 found right or wrong. No other test's deals are in
    what these are compared with."""

    def told(verdict: str, facts: Callable[[Told], list[dict[str, Any]]]) -> Told:
        deal, outcome = a_deal(a_workspace), str(uuid4())
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


def test_C24_how_many_tested_assumptions_were_wrong_over_all_deals(ended: Deal) -> None:
    def tested(result: str | None) -> Callable[[Told], list[dict[str, Any]]]:
        named = str(uuid4())
        recorded = fact("assumption.recorded", assumption_id=named, statement="Drivers will not open an app")
        put = [] if result is None else [fact("assumption.tested", assumption_id=named, result=result)]
        return lambda _: [recorded, *put]

    for result in ("wrong", "held", "wrong", None):
        deal = ended("achieved", tested(result))
    found = deal.asks("/v1/patterns")["patterns"]["assumptions"]
    assert (found["wrong"], found["held"], found["untested"], found["wrong_share"]) == (2, 1, 1, 0.666667)


def test_D3_how_confidence_moved_beside_the_question_over_all_deals(ended: Deal) -> None:
    def coached(lens: str, before: int, after: int) -> Callable[[Told], list[dict[str, Any]]]:
        def facts(deal: Told) -> list[dict[str, Any]]:
            sure = [fact("confidence.stated", about="self_state", value=value) for value in (before, after)]
            asked = {"coach": deal.coach, "coachee": deal.me, "lens": lens, "question": "And now?"}
            joined = fact("participant.joined", party_id=deal.coach, side="coach", roles=["coach"])
            return [joined, sure[0], fact("coaching.asked", **asked), sure[1]]

        return facts

    ended("achieved", coached("close", 8, 5))
    ended("missed", coached("close", 6, 4))
    deal = ended("achieved", coached("help", 5, 6))
    found = deal.asks("/v1/patterns")["patterns"]
    rows = {one["lens"]: (one["rose"], one["fell"]) for one in found["lens_and_confidence"]}
    assert rows == {"close": (0, 2), "help": (1, 0), "learn": (0, 0)}
    assert deal.asks("conduct")["lens_and_confidence"][1]["rose"] == 1


def test_D12_whether_a_no_comes_sooner_where_it_was_invited(ended: Deal) -> None:
    def refused(deal: Told, **when: Any) -> dict[str, Any]:
        said = {"scope": "price", "kind": "final", "statement": "Too dear", "said_by": deal.buyer}
        return fact("no.received", **said, **when)

    early = {"occurred_at": moment(0.5)}
    ended("missed", lambda deal: [refused(deal)])
    deal = ended("missed", lambda deal: [fact("no.invited", by=deal.me, **early), refused(deal, **early)])
    found = deal.asks("/v1/patterns")["patterns"]
    assert found["noes_hypothesis"] == "A no comes sooner where it was invited."
    rows = [(one["invited"], one["with_a_no"], one["first_no_days"], one["final_no_days"]) for one in found["noes"]]
    assert rows == [(True, 1, 0.5, 0.5), (False, 1, 1.0, 1.0)]
