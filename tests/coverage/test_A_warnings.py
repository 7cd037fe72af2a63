"""Rows of essay A that warn: of a purchase nobody stands behind, and of a goal that will not be acted on."""

from collections.abc import Callable

import pytest

from tests.coverage.conftest import Told, fact, known_as, moment


def test_A5_sent_to_buy_without_a_trouble_of_their_own(a_deal: Callable[..., Told]) -> None:
    deal = a_deal(trigger="mandated")
    warning = deal.signal("mandated_without_struggle")
    assert warning["question"].endswith("?")
    assert warning["answered_by"] == "force.observed"
    deal.on(1, fact("force.observed", force="push", statement="Two planners quit", intensity=4))
    assert deal.signal("mandated_without_struggle") is None


def test_A7_nobody_cares_what_comes_after_the_purchase(deal: Told) -> None:
    hers = {"party_id": deal.buyer, "layer": "professional", "polarity": "served"}
    leaving = fact("motive.recorded", statement="Signed before I go", stake_horizon="purchase_only", **hers)
    deal.on(1, leaving)
    assert deal.signal("no_owner_of_outcome")["answered_by"] == "motive.recorded"
    deal.on(2, fact("motive.recorded", statement="I will run it", stake_horizon="beyond_purchase", **hers))
    assert deal.signal("no_owner_of_outcome") is None


@pytest.mark.parametrize("kind", ["deal", "goal"])
def test_A8_an_impulse_until_somebody_asks_whether_it_is_worth_it(
    a_deal: Callable[..., Told], a_goal: Callable[..., Told], kind: str
) -> None:
    stream = a_deal(trigger="impulse") if kind == "deal" else a_goal(trigger="impulse")
    assert stream.signal("impulse_unexamined")["answered_by"] == "value_check.answered"
    stream.on(1, fact("value_check.answered", question="worth_it", answer="unsure"))
    assert stream.signal("impulse_unexamined") is None


def test_A19_agreement_on_identity_claimed_before_any_trust_is_earned(deal: Told) -> None:
    said = {"between": [deal.me, deal.buyer], "subject": "identity", "aligned": "yes", "stated_by": deal.me}
    (event,) = deal.on(1, fact("alignment.recorded", **said))
    assert deal.trust("seller")["certainty"] < 0.2
    assert deal.signal("claimed_not_earned")["evidence"] == [event]
    promise = {"debtor": deal.me, "creditor": deal.buyer, "statement": "Bring the depot list", "stake": "large"}
    for nth in range(3):
        deal.on(2 + nth, fact("commitment.made", commitment_id=known_as(f"c{nth}"), **promise))
        deal.on(3 + nth, fact("commitment.fulfilled", commitment_id=known_as(f"c{nth}")))
    assert deal.trust("seller")["certainty"] >= 0.2
    assert deal.signal("claimed_not_earned") is None


def test_A22_the_weakest_trust_and_a_stage_that_takes_too_long(deal: Told) -> None:
    deal.on(0, fact("stage.entered", stage="active_looking"))
    doubt = {"dimension": "process", "category": "complexity", "severity": "blocking", "raised_by": deal.buyer}
    deal.on(1, fact("objection.raised", statement="Nobody here rolls anything out", **doubt))
    assert deal.trust("process", day=7)["score"] == 0.5  # saying so costs nothing, not hearing it does
    assert deal.asks("trust", day=9)["weakest_dimension"] == "process"
    assert deal.signal("stalled", day=14) is None
    assert deal.signal("stalled", day=15)["since"] == "2026-03-16T09:00:00.000001Z"  # longer than 14 days


def test_A22_a_stage_is_slow_by_the_deals_own_measure(deal: Told) -> None:
    deal.on(0, fact("stage.entered", stage="passive_looking"))
    deal.on(20, fact("stage.entered", stage="active_looking"))
    assert deal.signal("stalled", day=59) is None
    assert deal.signal("stalled", day=61)


def test_A26_inaction_says_which_of_three_is_missing(goal: Told) -> None:
    assert set(goal.signal("inaction_risk")["missing"]) == {"self", "process", "product"}
    milestone = {"name": "First lesson", "owner_side": "self"}
    goal.on(1, fact("journey.mapped", end_state="An evening without English", milestones=[milestone]))
    assert set(goal.signal("inaction_risk")["missing"]) == {"self", "product"}
    goal.on(2, fact("outcome.defined", measure="Minutes without English", target=60))
    assert goal.signal("inaction_risk")["missing"] == ["self"]
    assert goal.trust("self")["label"] == "unknown"
    promise = {"debtor": goal.me, "creditor": goal.me, "statement": "Book a lesson", "dimension": "self"}
    for nth in range(4):
        goal.on(3 + nth, fact("commitment.made", commitment_id=known_as(f"c{nth}"), due_at=moment(20), **promise))
        goal.on(3 + nth, fact("commitment.fulfilled", commitment_id=known_as(f"c{nth}")))
    assert goal.trust("self")["label"] != "unknown"
    assert goal.signal("inaction_risk") is None
