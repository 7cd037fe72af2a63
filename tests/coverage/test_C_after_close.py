"""Rows of essay C about how it was decided, and whether it was the right thing."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact, moment


def won(**more: Any) -> dict[str, Any]:
    return fact("deal.closed", outcome="won", **more)


def test_C1_the_buyers_own_account_of_the_decision(deal: Told) -> None:
    deal.on(30, won())
    assert deal.signal("closed_unexplained", 43.9) is None
    told = deal.signal("closed_unexplained", 44)
    assert (told["since"], told["answered_by"]) == (moment(44), "decision.explained")
    said = {"why_now": "Two planners left", "why_us": "You rode along", "what_almost_stopped_it": "One more app"}
    deal.on(45, fact("decision.explained", asked_of=deal.buyer, **said))
    found = deal.asks("right-deal")
    assert found["explained"] is True
    assert {name: found["explanation"][name] for name in said} == said
    assert deal.signal("closed_unexplained") is None


def test_C2_how_it_was_decided_by_whom_and_why(deal: Told) -> None:
    deal.on(12, fact("deal.closed", outcome="lost", reason_code="price", decided_by=deal.buyer))
    found = deal.asks("right-deal")
    assert (found["outcome"], found["reason_code"]) == ("lost", "price")
    assert (deal.asks("noes")["outcome"], deal.asks("noes")["days_to_close"]) == ("lost", 12.0)
    assert deal.asks("state")["state"]["closed"]["decided_by"] == deal.buyer


def test_C4_nothing_heard_since_the_purchase(deal: Told) -> None:
    deal.on(10, won())
    assert deal.asks("right-deal", 69)["gone_quiet"] is False
    found = deal.asks("right-deal", 70)
    assert (found["gone_quiet"], found["quiet_days"]) == (True, 60.0)
    assert deal.signal("gone_quiet", 70)["since"] == moment(70)


def test_C28_used_achieved_renewed_and_back_again(deal: Told) -> None:
    outcome = str(uuid4())
    deal.on(1, fact("outcome.defined", outcome_id=outcome, measure="Shifts filled a week ahead", target=95))
    deal.on(10, won())
    deal.on(40, fact("usage.observed", measure="Planners signed in", value=14, period="2026-04"))
    deal.on(50, fact("outcome.measured", outcome_id=outcome, value=96, verdict="achieved"))
    deal.on(60, fact("renewal.decided", renewed=True))
    assert [(one["name"], one["reached"], one["at"]) for one in deal.asks("right-deal")["ladder"]] == [
        ("closed", True, moment(10)),
        ("in_use", True, moment(40)),
        ("outcome_achieved", True, moment(50)),
        ("renewed", True, moment(60)),
        ("referred", False, None),
    ]
    deal.on(80, fact("renewal.decided", renewed=False))
    assert deal.asks("right-deal")["verdict"] == "wrong"
    deal.on(85, fact("customer.returned", reason="They open a third yard"))
    back = deal.asks("right-deal")
    assert (back["returned_at"], back["churned_at"], back["verdict"]) == (moment(85), None, "right")


def test_C29_of_two_closed_deals_one_was_right_and_one_wrong(a_deal: Callable[..., Told]) -> None:
    verdicts = []
    for verdict in ("achieved", "missed"):
        deal, outcome = a_deal(), str(uuid4())
        deal.on(1, fact("outcome.defined", outcome_id=outcome, measure="Shifts filled", target=95))
        deal.on(2, won())
        assert deal.asks("right-deal")["verdict"] == "undecided"
        deal.on(60, fact("outcome.measured", outcome_id=outcome, value=90, verdict=verdict))
        verdicts.append(deal.asks("right-deal")["verdict"])
    assert verdicts == ["right", "wrong"]


def test_C30_one_sale_leads_to_the_next(a_deal: Callable[..., Told]) -> None:
    first, lotte = a_deal(), str(uuid4())
    first.on(30, won())
    first.on(60, fact("referral.given", to=lotte))
    (sent,) = first.asks("right-deal")["referrals"]
    assert (sent["to"], sent["at"]) == (lotte, moment(60))
    second = a_deal(referred_by=first.buyer, trigger="referral")
    second.on(0, fact("participant.joined", party_id=lotte, side="buyer", roles=["buyer"]))
    assert second.asks("right-deal")["referred_by"] == first.buyer
    came = second.asks("/v1/parties/{party_id}", party_id=lotte)["party"]
    assert [one["stream_id"] for one in came["streams"]] == [f"deal/{second.id}"]
