"""Rows of essay B about people: what is in it for whom, and whether they feel understood."""

from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact


def motive(party: str, layer: str = "personal", basis: str = "stated", **more: Any) -> dict[str, Any]:
    said = {"statement": "To be the one who fixed Fridays", "polarity": "served"}
    return fact("motive.recorded", party_id=party, layer=layer, basis=basis, **{**said, **more})


def insight(kind: str, subject: str = "buyer", **more: Any) -> dict[str, Any]:
    said = {"kind": kind, "subject": subject, "uncovered_by": "buyer", "statement": "Fridays are lost to phone calls"}
    return fact("insight.recorded", **{**said, **more})


def test_B1_feelings_are_counted_beside_pains(deal: Told) -> None:
    deal.on(1, insight("pain"), insight("pain"), insight("emotion", party_id=deal.buyer))
    found = deal.asks("discovery")["insights"]
    assert (found["pain"], found["emotion"]) == (2, 1)


def test_B2_somebody_decides_whose_own_motive_nobody_knows(stream: Told) -> None:
    side = "buyer" if stream.kind == "deal" else "self"
    who = stream.buyer if stream.kind == "deal" else stream.me
    stream.on(1, fact("participant.joined", party_id=who, side=side, roles=["buyer"]))
    stream.on(2, motive(who, basis="inferred"))
    assert stream.asks("motives")["deciders_without_motive"] == [who]
    stream.on(3, motive(who))
    assert stream.asks("motives")["deciders_without_motive"] == []


def test_B3_the_giver_has_something_from_it_too(stream: Told) -> None:
    to, own = (stream.buyer if stream.kind == "deal" else stream.coach), str(uuid4())
    if stream.kind == "goal":
        stream.on(0, fact("participant.joined", party_id=to, side="coach", roles=["coach"]))
    benefit = "I like to be the one who knows everybody"
    stream.on(1, fact("help.given", to=to, kind="introduction", giver_benefit=benefit))
    stream.on(2, motive(stream.me, "relational", motive_id=own))
    ledger = stream.asks("help")
    assert (ledger["benefits_disclosed"], ledger["help"][0]["giver_benefit"]) == (1, benefit)
    assert ledger["own_motives"] == [own]
    mine = stream.asks("motives")["parties"][0]
    assert (mine["party_id"], mine["cells"][0]["status"]) == (stream.me, "stated")


def test_B4_the_buyer_says_that_they_feel_understood(deal: Told) -> None:
    deal.on(1, fact("understanding.confirmed", summary="You want quiet Fridays", by=deal.buyer, accurate="partly"))
    deal.on(2, fact("understanding.confirmed", summary="You want quiet evenings", by=deal.buyer, accurate="yes"))
    found = deal.asks("discovery")
    assert (found["understood"], found["understood_by"]) == ("yes", deal.buyer)
    told = [(row["rule"], row["case"], row["weight_for"]) for row in deal.trust("seller")["rows"]]
    assert told == [("T20", "partly", 0.125), ("T20", "yes", 0.25)]


def test_B5_pressure_at_the_end_of_a_quarter_speaks_against_the_seller(deal: Told) -> None:
    deal.on(1, fact("pressure.applied", kind="quarter_end", beneficiary="seller"))
    assert deal.asks("help")["pressure_by_kind"] == [{"kind": "quarter_end", "count": 1}]
    assert deal.trust("seller")["score"] == 0.333333


def test_B6_two_of_three_times_the_pressure_served_the_seller(deal: Told) -> None:
    for_whom = ("seller", "buyer", "seller")
    deal.on(1, *(fact("pressure.applied", kind="persuasion", beneficiary=one) for one in for_whom))
    assert deal.asks("help")["self_orientation"] == 0.666667


def test_B7_what_waiting_costs_is_what_the_deal_is_held_to(deal: Told) -> None:
    money = {"currency": "EUR", "period": "month"}
    deal.on(1, insight("metric", amount="2400.00", **money), insight("consequence", amount="600.50", **money))
    assert deal.asks("discovery")["cost_of_inaction"]["totals"] == [{"amount": "3000.50", "insights": 2, **money}]
    counted = deal.asks("right-deal")["counted_on"]
    assert [(one["kind"], one["amount"]) for one in counted] == [("metric", "2400.00"), ("consequence", "600.50")]


def test_B8_unpaid_help_outside_the_sale(deal: Told) -> None:
    deal.on(1, fact("help.given", to=deal.buyer, kind="time", free=True, outside_sale=True))
    ledger = deal.asks("help")
    assert (ledger["given"], ledger["free"], ledger["outside_sale"]) == (1, 1, 1)
    (row,) = deal.trust("seller")["rows"]
    assert (row["rule"], row["case"], row["weight_for"]) == ("T15", "given", 0.125)


def test_B9_a_competitor_is_recommended_at_the_price_of_the_deal(deal: Told) -> None:
    deal.on(1, fact("alternative.recommended", kind="competitor", reason="Ours cannot plan night shifts"))
    deal.on(2, fact("deal.closed", outcome="referred_out"))
    (advice,) = deal.asks("help")["recommended"]
    assert (advice["kind"], advice["reason"]) == ("competitor", "Ours cannot plan night shifts")
    assert deal.trust("seller", 1)["score"] == 0.6
    assert deal.asks("state")["state"]["closed"]["outcome"] == "referred_out"


def test_B10_a_promotion_rides_on_the_purchase(deal: Told) -> None:
    deal.on(1, motive(deal.buyer, stake="Promotion to head of planning", stake_horizon="beyond_purchase"))
    (stake,) = deal.asks("motives")["stakes"]
    assert (stake["party_id"], stake["layer"], stake["stake"], stake["stake_horizon"]) == (
        deal.buyer,
        "personal",
        "Promotion to head of planning",
        "beyond_purchase",
    )


def test_B11_what_is_in_it_for_whoever_decides(deal: Told) -> None:
    chief = str(uuid4())
    deal.on(1, fact("participant.joined", party_id=chief, name="Ines", side="buyer", roles=["economic_buyer"]))
    deal.on(2, motive(chief, "ego", polarity="threatened"), motive(deal.buyer))
    found = next(one for one in deal.asks("motives")["parties"] if one["party_id"] == chief)
    assert (found["decides"], found["roles"], found["coverage"]) == (True, ["economic_buyer"], 0.2)
    assert found["cells"][4]["motives"][0]["statement"] == "To be the one who fixed Fridays"


def test_B12_how_personally_those_who_decide_are_known(deal: Told) -> None:
    deal.on(1, motive(deal.buyer, "professional"), motive(deal.buyer, "relational"))
    deal.on(2, fact("understanding.confirmed", summary="You want to be home", by=deal.buyer, accurate="yes"))
    social = {"purpose": "social", "direction": "outbound", "initiated_by": deal.me, "participants": [deal.buyer]}
    deal.on(3, fact("interaction.logged", **social))
    found = deal.asks("motives")
    assert found["decider_coverage"] == 0.4
    (ruben,) = [one for one in found["parties"] if one["decides"]]
    assert ruben["next_question"] == ruben["cells"][1]["question"]
    assert ruben["cells"][1]["layer"] == "user_centered"
    assert deal.asks("discovery")["understood"] == "yes"
    assert deal.asks("help")["by_purpose"][0]["purpose"] == "social"


def test_B13_half_of_what_was_learned_is_about_them(deal: Told) -> None:
    deal.on(1, *(insight("pain", subject) for subject in ("buyer", "user", "product", "market")))
    assert deal.asks("conduct")["about_them_share"] == 0.5
