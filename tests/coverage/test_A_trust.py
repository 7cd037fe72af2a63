"""Rows of essay A about trust: where it starts, what moves it, and what never does."""

from typing import Any

from tests.coverage.conftest import Told, fact, known_as, moment


def promise(debtor: str, creditor: str, **more: Any) -> dict[str, Any]:
    said = {"commitment_id": known_as("c"), "statement": "Bring the list of depots", "due_at": moment(9)}
    return fact("commitment.made", debtor=debtor, creditor=creditor, **{**said, **more})


def kept(**more: Any) -> dict[str, Any]:
    return fact("commitment.fulfilled", commitment_id=known_as("c"), **more)


def test_A1_nothing_recorded_is_no_evidence_and_not_a_zero(deal: Told) -> None:
    for found in deal.asks("trust")["dimensions"]:
        assert (found["score"], found["base_rate"]) == (0.5, 0.5)
        assert (found["uncertainty"], found["label"], found["rows"]) == (1.0, "unknown", [])


def test_A20_help_and_pressure_beside_the_declared_intent(deal: Told) -> None:
    deal.on(1, fact("intent.declared", by=deal.me, intent="help", to=deal.buyer))
    given = fact("help.given", to=deal.buyer, kind="introduction", outside_sale=True)
    helped = [*deal.on(2, given), *deal.on(3, given)]
    (pressed,) = deal.on(4, fact("pressure.applied", kind="quarter_end", beneficiary="seller"))
    found = deal.asks("help")
    assert (found["given"], found["pressure"], found["help_share"]) == (2, 1, 0.666667)
    assert [one["intent"] for one in found["intents"]] == ["help"]
    rows = {one["event_id"]: one for one in deal.trust("seller")["rows"]}
    assert [rows[event]["weight_for"] for event in helped] == [0.125, 0.125]  # nobody has confirmed it yet
    assert (rows[pressed]["weight_for"], rows[pressed]["weight_against"]) == (0.0, 1.0)


def test_A21_trust_is_kept_apart_for_seller_product_process_and_oneself(deal: Told) -> None:
    deal.on(1, promise(deal.me, deal.buyer))
    deal.on(1, promise(deal.buyer, deal.me, commitment_id=known_as("theirs")))
    deal.on(2, kept(), fact("commitment.broken", commitment_id=known_as("theirs")))
    doubt = {"dimension": "product", "category": "fit", "severity": "normal", "raised_by": deal.buyer}
    deal.on(3, fact("objection.raised", objection_id=known_as("o"), statement="Too big for us", **doubt))
    deal.on(4, fact("objection.resolved", objection_id=known_as("o"), resolution="evidence"))
    found = {one["dimension"]: one for one in deal.asks("trust")["dimensions"]}
    assert found.keys() == {"seller", "product", "process", "self"}
    assert found["seller"]["score"] > 0.5 > found["self"]["score"]  # the buyer's own promise is about themselves
    assert found["product"]["score"] > 0.5
    assert found["process"]["rows"] == []


def test_A21_a_goal_has_all_but_a_seller(goal: Told) -> None:
    goal.on(1, promise(goal.me, goal.me))
    goal.on(2, kept())
    found = {one["dimension"]: len(one["rows"]) for one in goal.asks("trust")["dimensions"]}
    assert found == {"product": 0, "process": 0, "self": 1}


def test_A38_a_next_step_made_smaller_in_time_costs_no_trust(stream: Told) -> None:
    to = stream.buyer if stream.kind == "deal" else stream.me
    stream.on(1, promise(stream.me, to, next_step=True, statement="All twelve depots"))
    smaller = {"change": "smaller", "statement": "One depot", "reason": "The season", "agreed_by": to}
    stream.on(3, fact("commitment.renegotiated", commitment_id=known_as("c"), **smaller))
    step = stream.asks("commitments")["next_step"]
    assert (step["statement"], step["made_smaller"], step["size"], step["overdue"]) == ("One depot", 1, "normal", False)
    dimension = "seller" if stream.kind == "deal" else "self"
    assert stream.trust(dimension)["evidence_against"] == 0.0
    stream.on(8, kept())
    assert stream.asks("commitments", day=9)["ppc"] == 1.0
    assert stream.trust(dimension)["score"] > 0.5


def test_A38_made_smaller_too_late_it_does(deal: Told) -> None:
    deal.on(1, promise(deal.me, deal.buyer, next_step=True))
    smaller = {"change": "smaller", "reason": "The season", "agreed_by": deal.buyer}
    deal.on(10, fact("commitment.renegotiated", commitment_id=known_as("c"), **smaller))
    (row,) = deal.trust("seller")["rows"]
    assert (row["weight_for"], row["weight_against"]) == (0.0, 0.5)


def test_A25_rapport_or_a_way_mapped_and_which_of_them_moved_trust(deal: Told) -> None:
    def met(purpose: str) -> dict[str, Any]:
        return fact("interaction.logged", direction="outbound", initiated_by=deal.me, purpose=purpose)

    milestones = [
        {"name": "Every shift is filled", "owner_side": "buyer"},
        {"milestone_id": known_as("trial"), "name": "Trial in one depot", "owner_side": "seller", "due": moment(9)},
    ]
    deal.on(1, met("social"))
    (planned,) = deal.on(2, met("planning"))
    deal.on(3, fact("journey.mapped", end_state="No shift unfilled", milestones=milestones))
    (reached,) = deal.on(4, fact("milestone.reached", milestone_id=known_as("trial")))
    purposes = {one["purpose"]: one["contacts"] for one in deal.asks("help")["by_purpose"]}
    assert {name: count for name, count in purposes.items() if count} == {"social": 1, "planning": 1}
    found = deal.asks("journey")
    assert (found["end_state"], found["reached"], found["total"]) == ("No shift unfilled", 1, 2)
    told = deal.asks("timeline")["entries"]
    moved = [one["event_id"] for one in told if one["effect"]["trust"]]
    assert moved == [reached]
    before = [one for one in told if one["type"] == "interaction.logged"][-1]
    assert before["event_id"] == planned
