"""Rows of essay A about who somebody is, what they have to win or lose, and what pulls on them."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.coverage.conftest import Told, fact, known_as

By = Callable[[str], httpx.Client]


def motive(who: str, layer: str = "professional", **more: Any) -> dict[str, Any]:
    said = {"statement": "They would ask me first", "polarity": "served", "basis": "stated"}
    return fact("motive.recorded", party_id=who, layer=layer, **{**said, **more})


def force(kind: str, intensity: int, **more: Any) -> dict[str, Any]:
    return fact("force.observed", force=kind, intensity=intensity, **{"statement": "It says so", **more})


def of(stream: Told, who: str) -> Any:
    return next(one for one in stream.asks("motives")["parties"] if one["party_id"] == who)


def test_A11_what_somebody_personally_risks_by_buying(deal: Told) -> None:
    deal.on(1, force("anxiety", 5, statement="My job hangs on it", about="personal_risk", party_id=deal.buyer))
    deal.on(1, motive(deal.buyer, "ego", polarity="threatened", statement="The fool who bought it"))
    (risk,) = deal.asks("forces")["personal_risks"]
    assert (risk["statement"], risk["party_id"], risk["intensity"]) == ("My job hangs on it", deal.buyer, 5)
    found = deal.asks("motives")
    (threat,) = found["threatened"]
    assert (threat["layer"], threat["personal_risk"], found["personal_risks"]) == ("ego", True, 1)


def test_A11_a_risk_that_is_resolved_is_not_listed(deal: Told) -> None:
    deal.on(1, force("anxiety", 5, force_id=known_as("job"), about="personal_risk"))
    deal.on(2, fact("force.changed", force_id=known_as("job"), intensity=0, because="His director signed too"))
    assert deal.asks("forces")["personal_risks"] == []


def test_A12_said_guessed_and_private_motives_are_told_apart(deal: Told, by: By) -> None:
    deal.on(
        1,
        motive(deal.buyer, "professional"),
        motive(deal.buyer, "personal", basis="inferred", confidence=0.6),
        motive(deal.buyer, "ego", visibility="private", statement="He wants to show his brother"),
    )
    cells = {cell["layer"]: cell for cell in of(deal, deal.buyer)["cells"]}
    assert [cells[layer]["status"] for layer in ("professional", "personal", "ego")] == ["stated", "inferred", "stated"]
    assert cells["personal"]["motives"][0]["confidence"] == 0.6
    theirs = deal.by(by("owner"))
    found = theirs.asks("motives")
    assert (found["stated"], found["inferred"]) == (1, 1)
    assert {cell["layer"]: cell["status"] for cell in of(theirs, deal.buyer)["cells"]}["ego"] == "unknown"


def test_A13_requirements_and_outcomes_that_serve_nobody(deal: Told) -> None:
    deal.on(
        1,
        fact("requirement.stated", requirement_id=known_as("app"), text="Runs on their phones", strength="must"),
        fact("requirement.stated", requirement_id=known_as("iso"), text="Certified", strength="wish"),
        fact("outcome.defined", outcome_id=known_as("hours"), measure="Planning hours a week", target=4),
        motive(deal.buyer, linked_to=[{"kind": "requirement", "id": known_as("app")}]),
    )
    found = deal.asks("motives")
    assert [one["text"] for one in found["requirements_without_motive"]] == ["Certified"]
    assert [one["text"] for one in found["outcomes_without_motive"]] == ["Planning hours a week"]
    deal.on(2, motive(deal.buyer, "personal", linked_to=[{"kind": "outcome", "id": known_as("hours")}]))
    assert deal.asks("motives")["outcomes_without_motive"] == []


def test_A13_an_outcome_of_a_goal_is_tied_to_a_motive(goal: Told) -> None:
    goal.on(1, fact("outcome.defined", outcome_id=known_as("talk"), measure="Minutes without English", target=60))
    assert [one["id"] for one in goal.asks("motives")["outcomes_without_motive"]] == [str(known_as("talk"))]
    goal.on(2, motive(goal.me, "ego", linked_to=[{"kind": "outcome", "id": known_as("talk")}]))
    assert goal.asks("motives")["outcomes_without_motive"] == []


def test_A16_five_layers_and_the_question_that_opens_the_next(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    stream.on(1, motive(who), motive(who, "ego", basis="inferred"))
    found = of(stream, who)
    assert {one["layer"]: one["status"] for one in found["cells"]} == {
        "relational": "unknown",
        "user_centered": "unknown",
        "professional": "stated",
        "personal": "unknown",
        "ego": "inferred",
    }
    assert found["coverage"] == 0.2
    assert found["next_question"] == found["cells"][0]["question"]
    assert found["next_question"].endswith("?")


def test_A17_which_layers_drive_deals_by_month_and_segment(
    a_deal: Callable[..., Told], a_workspace: httpx.Client
) -> None:
    for layer, polarity in (("professional", "served"), ("ego", "served"), ("ego", "threatened")):
        deal = a_deal(a_workspace, segment="Flowers")
        said = {"party_id": deal.buyer, "layer": layer, "polarity": polarity, "statement": "It is mine"}
        deal.on(1, fact("motive.recorded", **said))
    deal.on(40, fact("motive.recorded", **{**said, "layer": "personal"}))
    rows = deal.asks("/v1/patterns")["patterns"]["motives"]
    assert {one["segment"] for one in rows} == {"Flowers"}
    assert [(one["month"], one["layer"], one["motives"], one["threatened"], one["deals"]) for one in rows] == [
        ("2026-03", "professional", 1, 0, 1),
        ("2026-03", "ego", 2, 1, 2),
        ("2026-04", "personal", 1, 1, 1),
    ]


def test_A18_agreement_that_only_the_seller_speaks_of(deal: Told) -> None:
    said = {"between": [deal.me, deal.buyer], "subject": "identity", "aligned": "yes"}
    deal.on(1, fact("alignment.recorded", stated_by=deal.me, **said))
    (claim,) = deal.asks("alignment")["claimed_by_seller_only"]
    assert (claim["subject"], claim["aligned"], claim["seller_only"]) == ("identity", "yes", True)
    deal.on(2, fact("alignment.recorded", stated_by=deal.buyer, **said))
    found = deal.asks("alignment")
    assert found["claimed_by_seller_only"] == []
    assert [one["stated_by"] for one in found["alignments"]] == [deal.buyer]


def test_A18_on_a_goal_it_is_the_owner_who_agrees_with_a_coach(goal: Told) -> None:
    goal.on(1, fact("participant.joined", party_id=goal.coach, side="coach", roles=["coach"]))
    said = {"between": [goal.me, goal.coach], "subject": "identity", "aligned": "partly", "gap": "Not a teacher"}
    goal.on(2, fact("alignment.recorded", stated_by=goal.me, **said))
    (found,) = goal.asks("alignment")["misaligned"]
    assert (found["subject"], found["gap"], found["seller_only"]) == ("identity", "Not a teacher", False)


def test_A24_forces_that_pull_apart_by_where_they_come_from(deal: Told) -> None:
    deal.on(1, force("push", 4, source="organisation"), force("pull", 2, source="product"))
    assert deal.asks("forces")["conflict"] is False
    deal.on(2, force("anxiety", 5, source="identity"), force("habit", 1, source="seller"))
    found = deal.asks("forces")
    assert {one["source"]: one["net"] for one in found["by_source"] if one["net"]} == {
        "organisation": 4,
        "product": 2,
        "identity": -5,
        "seller": -1,
    }
    assert (found["conflict"], found["net"], found["moves"]) == (True, 0, False)


def test_A33_comfort_and_fear_hold_a_goal_back(goal: Told) -> None:
    goal.on(1, force("habit", 4, statement="The couch"), force("anxiety", 3, statement="They will laugh"))
    found = goal.asks("forces")
    assert (found["habit"], found["anxiety"], found["net"], found["moves"]) == (4, 3, -7, None)
    assert found["missing"] == ["push", "pull"]
    goal.on(2, force("push", 3), force("pull", 5))
    assert (goal.asks("forces")["net"], goal.asks("forces")["moves"]) == (1, True)
