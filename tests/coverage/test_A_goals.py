"""Rows of essay A about what a goal is for: who one wants to be, why, and what follows from that, step by step."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.coverage.conftest import Told, fact, known_as

TREE = "/v1/goals/{stream_id}/tree"


def node(goal: Told, root: Told | None = None) -> Any:
    nodes = (root or goal).asks(TREE)["tree"]["nodes"]
    return next(one for one in nodes if one["goal_id"] == str(goal.id))


def why(name: str, statement: str, **more: Any) -> dict[str, Any]:
    mine = {"kind": "why", "subject": "self", "uncovered_by": "self"}
    return fact("insight.recorded", insight_id=known_as(name), statement=statement, **mine, **more)


def test_A15_who_somebody_is_and_who_they_want_to_become(goal: Told) -> None:
    assert node(goal)["no_identity_root"] is True
    said = {"party_id": goal.me, "about": "becoming"}
    goal.on(1, fact("identity.stated", party_id=goal.me, about="is", statement="I am the guest who nods"))
    goal.on(1, fact("identity.stated", statement="I am one of the family", **said))
    (me,) = goal.asks("motives")["parties"]
    assert me["identity"]["statement"] == "I am the guest who nods"
    assert me["becoming"]["statement"] == "I am one of the family"
    found = node(goal)
    assert found["no_identity_root"] is False
    assert [(one["about"], one["statement"]) for one in found["identity"]] == [
        ("is", "I am the guest who nods"),
        ("becoming", "I am one of the family"),
    ]


def test_A15_the_same_of_a_buyer(deal: Told) -> None:
    deal.on(1, fact("identity.stated", party_id=deal.buyer, about="is", statement="The one who keeps them running"))
    (ruben,) = [one for one in deal.asks("motives")["parties"] if one["party_id"] == deal.buyer]
    assert (ruben["identity"]["statement"], ruben["becoming"]) == ("The one who keeps them running", None)


def test_A30_a_goal_without_a_why_reads_like_a_specification(a_goal: Callable[..., Told]) -> None:
    bland, meant = a_goal(), a_goal(why="I want to be there for them")
    assert (node(bland)["no_why"], node(meant)["no_why"]) == (True, False)
    bland.on(1, why("a", "They laugh and I do not"))
    assert node(bland)["no_why"] is False


def test_A31_how_deep_the_whys_go(goal: Told) -> None:
    goal.on(1, why("a", "To follow the talk at the table"))
    goal.on(2, why("b", "To be somebody there", answers=known_as("a")))
    goal.on(3, why("c", "My father never was", answers=known_as("b")))
    goal.on(4, why("d", "It is useful at work"))
    assert node(goal)["why_depth"] == 3


def test_A32_what_one_keeps_to_oneself_is_in_nobody_elses_answer(
    a_goal: Callable[..., Told], by: Callable[[str], httpx.Client]
) -> None:
    goal = a_goal(visibility="team")
    mine = {"party_id": goal.me, "visibility": "private"}
    secret = "I was ashamed of him"
    goal.on(1, fact("motive.recorded", layer="ego", polarity="threatened", statement=secret, **mine))
    goal.on(1, why("a", secret, visibility="private"))
    goal.on(1, fact("identity.stated", about="becoming", statement=secret, **mine))
    theirs = goal.by(by("owner"))
    for name in ("motives", "timeline", TREE):
        assert secret in str(goal.asks(name))
        assert secret not in str(theirs.asks(name))
    assert (node(goal)["why_depth"], node(theirs)["why_depth"]) == (1, 0)
    assert (goal.asks("motives")["stated"], theirs.asks("motives")["stated"]) == (1, 0)


def test_A32_a_goal_is_private_unless_its_owner_shows_it(goal: Told, by: Callable[[str], httpx.Client]) -> None:
    for role in ("owner", "auditor"):
        assert by(role).get(goal.path).status_code == 404


def test_A36_from_who_one_wants_to_be_down_to_the_next_step(a_goal: Callable[..., Told]) -> None:
    ideal = a_goal(statement="One of the family", horizon="identity")
    talk, write = a_goal(statement="Talk at the table", horizon="medium"), a_goal(horizon="long")
    course = a_goal(statement="Finish the course", horizon="next")
    for child, parent in ((talk, ideal), (write, ideal), (course, talk)):
        child.on(1, fact("goal.linked", parent=parent.id))
    for goal, value in ((course, 15), (write, 5)):
        goal.on(1, fact("outcome.defined", outcome_id=known_as("units"), measure="Units", baseline=0, target=20))
        goal.on(2, fact("outcome.measured", outcome_id=known_as("units"), value=value, verdict="open"))
    root = ideal.asks(TREE, day=2)["tree"]
    found = {one["goal_id"]: one for one in root["nodes"]}
    assert [found[str(goal.id)]["depth"] for goal in (ideal, talk, write, course)] == [0, 1, 1, 2]
    assert [found[str(goal.id)]["progress"] for goal in (course, talk, write)] == [0.75, 0.75, 0.25]
    top = found[str(ideal.id)]
    assert (top["progress"], top["progress_from"], top["horizon"]) == (0.5, "children", "identity")
    assert set(top["children"]) == {str(talk.id), str(write.id)}
    assert not any(one["no_identity_root"] for one in root["nodes"])


def test_A37_steps_that_were_proposed_and_those_that_were_taken_over(goal: Told) -> None:
    steps = [
        {"step_id": known_as("one"), "text": "Order a meal", "horizon": "next"},
        {"step_id": known_as("two"), "text": "Phone her once a week", "horizon": "short"},
    ]
    cut = {"decomposition_id": known_as("cut")}
    goal.on(1, fact("goal.decomposed", steps=steps, proposed_by="agent", **cut))
    assert node(goal)["steps_accepted"] == 0
    goal.on(2, fact("goal.decomposition_accepted", step_ids=[known_as("one")], **cut))
    found = node(goal)
    assert found["steps_accepted"] == 1
    assert [(one["text"], one["proposed_by"], one["accepted"]) for one in found["steps"]] == [
        ("Order a meal", "agent", True),
        ("Phone her once a week", "agent", False),
    ]
