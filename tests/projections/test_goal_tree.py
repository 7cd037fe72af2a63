"""The tree of goals: progress rolled up, what hangs from nothing, and steps proposed and taken over."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal, stream_key
from projections.goal_node import IdentitySaid, StepProposed
from projections.goal_tree import DEPTH_MAX, Circle, GoalNode, GoalTree, goal_tree
from projections.view import View
from tests.domain.telling import SELLER, Story, day, fact, goal_set, known_as, on_promise, promise, voided
from tests.projections.standing import asked, erased, mapped, wordless


def a_goal(name: str, *told: Proposal, supports: tuple[str, ...] = (), when: float = 0, **more: Any) -> Story:
    story = Story(stream_key("goal", known_as(name)))
    story.tell(goal_set(statement=name, day=when, **more))
    for parent in supports:
        story.tell(fact("goal.linked", parent=known_as(parent)))
    if told:
        story.tell(*told)
    return story


def views_of(*stories: Story, as_of: float | None = None) -> Mapping[UUID, View]:
    moment = None if as_of is None else day(as_of)
    return {UUID(one.stream.stream_id.partition("/")[2]): asked(one, day(60), moment) for one in stories}


def tree(root: str, *stories: Story, as_of: float | None = None) -> GoalTree:
    return goal_tree(views_of(*stories, as_of=as_of), known_as(root))


def nodes(found: GoalTree) -> dict[str | None, GoalNode]:
    return {node.statement: node for node in found.nodes}


def measured(value: float, target: float = 10, name: str = "o", **more: Any) -> tuple[Proposal, Proposal]:
    """An outcome and its measurement."""
    return (
        fact("outcome.defined", outcome_id=known_as(name), measure="Hours", target=target, **more),
        fact("outcome.measured", outcome_id=known_as(name), value=value, verdict="open"),
    )


def why(name: str, answers: str | None = None) -> Proposal:
    said: dict[str, Any] = {"kind": "why", "statement": name, "subject": "self", "uncovered_by": "self"}
    if answers is not None:
        said["answers"] = known_as(answers)
    return fact("insight.recorded", insight_id=known_as(name), **said)


def test_one_goal_of_which_nothing_is_known() -> None:
    found = tree("table", a_goal("table"))
    assert (found.root, found.circles, found.truncated) == (known_as("table"), [], False)
    assert found.nodes == [
        GoalNode(
            goal_id=known_as("table"),
            statement="table",
            why=None,
            horizon="medium",
            status="active",
            achievement=None,
            open=True,
            parents=[],
            children=[],
            depth=0,
            progress=None,
            progress_from=None,
            children_untold=0,
            no_why=True,
            no_identity_root=True,
            no_next_step=True,
            why_depth=0,
            next_step=None,
            identity=[],
            steps_accepted=0,
            steps=[],
        )
    ]


def test_a_root_that_the_caller_may_not_see() -> None:
    with pytest.raises(KeyError):
        tree("hidden", a_goal("table"))


def test_a36_progress_is_the_mean_of_the_children() -> None:
    found = nodes(
        tree(
            "who",
            a_goal("who"),
            a_goal("table", supports=("who",), when=1),
            a_goal("book", supports=("who",), when=2),
            a_goal("listen", *measured(4), supports=("table",), when=3),
            a_goal("phone", *measured(8), supports=("table",), when=4),
        )
    )
    assert list(found) == ["who", "table", "book", "listen", "phone"]
    assert [one.depth for one in found.values()] == [0, 1, 1, 2, 2]
    assert found["who"].children == [known_as("table"), known_as("book")]
    assert [one.progress for one in found.values()] == [0.6, 0.6, None, 0.4, 0.8]
    assert [one.progress_from for one in found.values()] == ["children", "children", None, "outcomes", "outcomes"]
    assert (found["who"].children_untold, found["table"].children_untold) == (1, 0)
    assert found["listen"].parents == [known_as("table")]


def test_a_leaf_by_outcomes_else_by_milestones() -> None:
    both = a_goal("both", *measured(5), *measured(1, target=4, name="other"))
    assert nodes(tree("both", both))["both"].progress == 0.375
    way = a_goal("way", mapped(("last", "self", None), ("first", "self", None), ("second", "self", None)))
    way.tell(fact("milestone.reached", milestone_id=known_as("first")))
    found = nodes(tree("way", way))["way"]
    assert (found.progress, found.progress_from) == (0.333333, "milestones")
    unmeasured = a_goal("plan", fact("outcome.defined", measure="Hours", target=4), mapped(("last", "self", None)))
    assert nodes(tree("plan", unmeasured))["plan"].progress == 0.0


def test_a_parent_of_untold_children_goes_by_its_own() -> None:
    found = nodes(tree("who", a_goal("who", *measured(5)), a_goal("table", supports=("who",))))
    assert (found["who"].progress, found["who"].progress_from, found["who"].children_untold) == (0.5, "outcomes", 1)


def test_cancelled_children_are_not_on_the_way_any_more() -> None:
    cancelled = a_goal("old", *measured(0), supports=("who",))
    cancelled.tell(fact("goal.status_changed", lifecycle="cancelled", achievement="not_attainable"))
    found = nodes(tree("who", a_goal("who"), a_goal("new", *measured(5), supports=("who",)), cancelled))
    assert (found["who"].progress, found["who"].children_untold) == (0.5, 0)
    assert (found["old"].status, found["old"].achievement, found["old"].open) == ("cancelled", "not_attainable", False)


def test_a30_a31_whys_and_how_deep_they_go() -> None:
    story = a_goal("table", why("first"), why("aside"), why("second", "first"), why("third", "second"))
    found = nodes(tree("table", story))["table"]
    assert (found.no_why, found.why_depth) == (False, 3)
    said = nodes(tree("other", a_goal("other", why="To belong")))["other"]
    assert (said.no_why, said.why, said.why_depth) == (False, "To belong", 0)


def test_a15_hanging_from_who_somebody_wants_to_be() -> None:
    becoming = fact("identity.stated", party_id=SELLER, statement="Somebody who shows up", about="becoming")
    who = a_goal("who", becoming)
    stories = [who, a_goal("table", supports=("who",)), a_goal("listen", supports=("table",)), a_goal("loose")]
    found = nodes(tree("who", *stories))
    assert [one.no_identity_root for one in found.values()] == [False, False, False]
    event = who.records[-1].fact.event_id
    assert found["who"].identity == [IdentitySaid(event_id=event, statement="Somebody who shows up", about="becoming")]
    assert nodes(tree("listen", *stories))["listen"].no_identity_root is False  # the roots above it are looked at too
    assert nodes(tree("loose", *stories))["loose"].no_identity_root is True
    assert nodes(tree("self", a_goal("self", horizon="identity")))["self"].no_identity_root is False


def test_a_goal_that_the_caller_may_not_see_is_no_root() -> None:
    found = nodes(tree("table", a_goal("table", supports=("hidden",))))["table"]
    assert (found.parents, found.no_identity_root) == ([known_as("hidden")], True)


def test_no_next_step_on_it_or_below() -> None:
    later = promise("later", SELLER, SELLER, next_step=True, day=1)
    first = promise("first", SELLER, SELLER, next_step=True, due_at=day(9).isoformat(), day=2)
    listen = a_goal("listen", later, first, supports=("table",))
    stories = [a_goal("who"), a_goal("table", supports=("who",)), listen, a_goal("book", supports=("who",))]
    found = nodes(tree("who", *stories))
    without = {name for name, one in found.items() if one.no_next_step}
    assert without == {"book"}
    assert (found["listen"].next_step, found["table"].next_step) == (known_as("first"), None)
    listen.tell(on_promise("fulfilled", "first"), on_promise("fulfilled", "later"))
    assert nodes(tree("who", *stories))["who"].no_next_step is True


def test_a_closed_goal_needs_no_next_step_and_gives_none() -> None:
    done = a_goal("done", promise("p", SELLER, SELLER, next_step=True), supports=("who",))
    done.tell(fact("goal.status_changed", lifecycle="completed"))
    found = nodes(tree("who", a_goal("who"), done))
    assert (found["who"].no_next_step, found["done"].no_next_step) == (True, False)


def test_a37_what_was_proposed_and_what_was_taken_over() -> None:
    steps = [
        {"step_id": known_as(name), "text": name, "horizon": horizon}
        for name, horizon in (("order a meal", "next"), ("phone weekly", "short"))
    ]
    breakdown = known_as("breakdown")
    story = a_goal(
        "table", fact("goal.decomposed", decomposition_id=breakdown, steps=steps, proposed_by="agent", day=1)
    )
    story.tell(
        fact("goal.decomposition_accepted", decomposition_id=breakdown, step_ids=[known_as("phone weekly")], day=3)
    )
    found = nodes(tree("table", story))["table"]
    assert found.steps_accepted == 1
    assert found.steps[0] == StepProposed(
        step_id=known_as("order a meal"),
        decomposition_id=breakdown,
        text="order a meal",
        horizon="next",
        proposed_by="agent",
        accepted=False,
        accepted_at=None,
    )
    assert (found.steps[1].accepted, found.steps[1].accepted_at) == (True, day(3))


def test_a_goal_that_supports_two_is_one_node() -> None:
    found = tree(
        "who",
        a_goal("who"),
        a_goal("table", supports=("who",), when=1),
        a_goal("book", supports=("who",), when=2),
        a_goal("listen", *measured(5), supports=("table", "book"), when=3),
    )
    assert [node.statement for node in found.nodes] == ["who", "table", "book", "listen"]
    assert [node.progress for node in found.nodes] == [0.5, 0.5, 0.5, 0.5]
    assert found.circles == []


def test_goals_that_support_one_another() -> None:
    found = tree("hen", a_goal("hen", supports=("egg",)), a_goal("egg", *measured(5), supports=("hen",), when=1))
    assert [node.progress for node in found.nodes] == [0.5, 0.5]
    assert found.circles == [Circle(child=known_as("hen"), parent=known_as("egg"))]


def test_below_fifty_levels_nothing_is_shown() -> None:
    chain = [a_goal("0")]
    chain += [a_goal(str(level), supports=(str(level - 1),)) for level in range(1, DEPTH_MAX + 2)]
    assert tree("0", *chain[:-1]).truncated is False
    found = tree("0", *chain)
    assert (found.truncated, len(found.nodes), found.nodes[-1].depth) == (True, DEPTH_MAX + 1, DEPTH_MAX)


def test_as_it_was_before_the_measurement() -> None:
    story = a_goal("table", fact("outcome.defined", outcome_id=known_as("o"), measure="Hours", target=4, day=0))
    story.tell(fact("outcome.measured", outcome_id=known_as("o"), value=2, verdict="open", day=5))
    assert tree("table", story, as_of=4).nodes[0].progress is None
    assert tree("table", story).nodes[0].progress == 0.5


def test_a_voided_link_never_was() -> None:
    story = a_goal("table", supports=("who",))
    story.tell(voided(story.records[-1].fact.event_id))
    assert len(tree("who", a_goal("who"), story).nodes) == 1


def test_erased_words_change_no_figure() -> None:
    story = a_goal("table", why("first"), *measured(5), why="To belong")
    root = known_as("table")
    now = goal_tree({root: erased(story, day(60))}, root)
    assert (now.nodes[0].statement, now.nodes[0].why, now.nodes[0].no_why) == (None, None, False)
    assert wordless(story, now) == wordless(story, tree("table", story))


NAMES = "abcdef"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=12, unique=True))
def test_whatever_supports_whatever_every_goal_is_shown_once(links: list[tuple[str, str]]) -> None:
    stories = [
        a_goal(name, supports=tuple(parent for child, parent in links if child == name != parent)) for name in NAMES
    ]
    found = tree("a", *stories)
    shown = [node.goal_id for node in found.nodes]
    assert len(shown) == len(set(shown))
    for node in found.nodes:
        assert set(node.children) <= set(shown)
        assert all(node.goal_id in inner.parents for inner in found.nodes if inner.goal_id in node.children)
    edges = {(child, node.goal_id) for node in found.nodes for child in node.children}
    left = edges - {(circle.child, circle.parent) for circle in found.circles}
    while left:  # without the circles there is always a goal that nothing supports
        leaves = {parent for _, parent in left} | {child for child, _ in left}
        leaves -= {parent for _, parent in left}
        assert leaves
        left = {(child, parent) for child, parent in left if child not in leaves}
