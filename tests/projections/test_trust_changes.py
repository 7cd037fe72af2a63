"""How trust moved: points, effects of single facts, and that both say what trust says at that instant."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from domain.refusals import Refusal
from projections.trust.changes import trust_between, trust_changes, trust_history
from projections.trust.walk import Walk
from projections.view import View
from tests.domain.telling import BUYER, Story, a_deal, a_goal, day, fact, joined, known_as, on_promise, promise
from tests.domain.telling import objection as raised
from tests.domain.telling import on_objection as step
from tests.projections.evidence import asked, leg
from tests.projections.standing import checkin, routine, standing
from tests.projections.test_any_history import HISTORIES, tell


def view(story: Story, at: datetime) -> View:
    return View(standing(story), at)


def test_a_point_for_everything_that_moves_trust() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()), promise("q"))
    late = story.tell(on_promise("fulfilled", "p", day=7), at=day(30))[0]
    kept = story.tell(on_promise("fulfilled", "q", day=9), at=day(30))[0]
    found = trust_history(view(story, day(20)))
    assert [(one.at, one.by_time, one.rules) for one in found.points] == [
        (day(5), True, ["T4"]),
        (day(7), False, ["T2", "T4"]),
        (day(9), False, ["T1"]),
    ]
    assert found.points[0].event_id == story.records[4].fact.event_id
    assert [one.event_id for one in found.points[1:]] == [late.event_id, kept.event_id]
    (fell_due,) = found.points[0].changes
    assert (fell_due.dimension, fell_due.score_before, fell_due.score, fell_due.change) == (
        "seller",
        0.5,
        0.333333,
        -0.166667,
    )
    assert (fell_due.uncertainty_before, fell_due.uncertainty) == (1, 0.666667)
    assert (found.policy, found.points_total, found.skipped, found.spaced) == ("trust/1", 3, 0, [])


def test_pages_of_a_history_make_the_whole() -> None:
    story = a_deal(*(promise(f"p{n}", day=n) for n in range(7)))
    story.tell(*(on_promise("fulfilled", f"p{n}", day=n + 1) for n in range(7)), at=day(30))
    whole = trust_history(view(story, day(20)))
    assert whole.points_total == 7
    pages = [trust_history(view(story, day(20)), skip=skip, limit=3) for skip in (0, 3, 6, 9)]
    assert [len(one.points) for one in pages] == [3, 3, 1, 0]
    assert [one.skipped for one in pages] == [0, 3, 6, 7]
    assert [point for one in pages for point in one.points] == whole.points


def test_evenly_spaced_instants_from_the_first_fact_to_the_moment() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()))
    found = trust_history(view(story, day(8)), spaced=5).spaced
    assert [one.at for one in found] == [day(0), day(2), day(4), day(6), day(8)]
    assert [one.scores["seller"] for one in found] == [0.5, 0.5, 0.5, 0.333333, 0.333333]
    assert [one.uncertainties["seller"] for one in found] == [1, 1, 1, 0.666667, 0.666667]


def test_an_empty_history_of_a_deal_just_opened() -> None:
    found = trust_history(view(a_deal(), day(3)), spaced=1)
    assert (found.points, found.points_total) == ([], 0)
    assert [one.at for one in found.spaced] == [day(3)]


def test_what_single_facts_changed() -> None:
    story = a_deal(promise("p"), fact("note.recorded", text="A note"))
    pressed = story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", day=1), at=day(9))[0]
    kept = story.tell(on_promise("fulfilled", "p", day=2), at=day(9))[0]
    found = trust_changes(view(story, day(9)))
    assert {event: [(one.dimension, one.change) for one in changes] for event, changes in found.items()} == {
        pressed.event_id: [("seller", -0.166667)],
        kept.event_id: [("seller", 0.095325)],
    }
    assert trust_changes(view(story, day(9)), {kept.event_id}).keys() == {kept.event_id}


def test_the_cap_of_a_day_is_part_of_what_a_fact_changes() -> None:
    story = a_deal(*(promise(f"p{n}", stake="large") for n in range(3)))
    facts = story.tell(*(on_promise("fulfilled", f"p{n}", day=1) for n in range(3)), at=day(9))
    found = trust_changes(view(story, day(9)))
    assert [found[one.event_id][0].change for one in facts] == [0.166667, 0.083333, 0]


def test_how_two_views_differ() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()))
    (found,) = trust_between(view(story, day(4)), view(story, day(6)))
    assert (found.dimension, found.score_before, found.score) == ("seller", 0.5, 0.333333)
    assert trust_between(view(story, day(6)), view(story, day(60))) == []


def test_a_party_who_joins_later_is_on_that_side_from_then_on_for_all_they_did() -> None:
    late = known_as("late")
    story = a_deal(joined(late, "seller", day=20), promise("p", late, BUYER, due_at=day(5).isoformat(), day=1))
    found = trust_history(view(story, day(30)))
    assert [(one.at, one.rules) for one in found.points] == [(day(20), ["T4"])]


def agrees(story: Story, until: datetime) -> int:
    """At every turn, the last of its instant, the walk says what trust says as of that instant; how many there were."""
    walk = Walk(standing(story), View(standing(story), until).policy)
    checked = 0
    found: dict[datetime, dict[str, tuple[float, float]]] = {}
    for turn in walk.turns(until):
        for dimension in turn.touched:
            _, after = turn.opinions(dimension)
            found.setdefault(turn.at, {})[dimension] = (
                after.share(after.r + after.base),
                after.share(after.prior),
            )
    for at, legs in found.items():
        answer = asked(story, at, as_of=True)
        for one in answer.dimensions:
            if one.dimension in legs:
                assert (one.score, one.uncertainty) == legs[one.dimension], (at, one.dimension)
                checked += 1
    return checked


@settings(max_examples=80, deadline=None)
@given(HISTORIES)
def test_the_walk_says_what_trust_says_at_every_instant(happened: list[Proposal | int]) -> None:
    agrees(tell(happened), day(80))


PROMISED = st.sampled_from(["a", "b"])
DAYS = st.integers(0, 12)


@st.composite
def moves(draw: st.DrawFn) -> Proposal:
    """Something that moves trust on a deal."""
    name = draw(PROMISED)
    at: dict[str, Any] = {"day": draw(DAYS) / 2}
    due = day(draw(DAYS)).isoformat()
    return [
        lambda: promise(name, due_at=due, **at),
        lambda: on_promise("fulfilled", name, **at),
        lambda: on_promise("broken", name, **at),
        lambda: on_promise("confirmed", name, by=BUYER, **at),
        lambda: on_promise("disputed", name, by=BUYER, **at),
        lambda: on_promise("renegotiated", name, agreed_by=BUYER, due_at=due, **at),
        lambda: raised(f"o{name}", **at),
        lambda: step(draw(st.sampled_from(["acknowledged", "resolved", "reopened", "accepted"])), f"o{name}", **at),
        lambda: fact("help.given", help_id=known_as(f"h{name}"), to=BUYER, kind="time", outside_sale=True, **at),
        lambda: fact("help.confirmed", help_id=known_as(f"h{name}"), by=BUYER, useful=True, **at),
        lambda: fact("pressure.applied", kind="chasing", beneficiary="seller", **at),
        lambda: fact("deal.closed", outcome="lost", **at),
        lambda: fact("deal.reopened", reason="Thawed", **at),
    ][draw(st.integers(0, 12))]()


def told(happened: list[Proposal], *, goal: bool = False) -> Story:
    story = a_goal() if goal else a_deal()
    for one in happened:
        try:
            story.tell(one, at=day(40))
        except Refusal:
            continue
    return story


@settings(max_examples=150, deadline=None)
@given(st.lists(moves(), max_size=20))
def test_the_walk_agrees_whatever_moved_trust(happened: list[Proposal]) -> None:
    agrees(told(happened), day(40))


@st.composite
def practised(draw: st.DrawFn) -> Proposal:
    """Something that may happen to a routine."""
    name, at = draw(PROMISED), draw(DAYS)
    schedule: dict[str, Any] = draw(
        st.sampled_from(
            [{}, {"times": 2, "per": "day"}, {"times": 3, "per": "week"}, {"weekdays": ["monday", "friday"]}]
        )
    )
    when = {"day": at}
    return [
        lambda: routine(name, draw(st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"])), **when, **schedule),
        lambda: fact(
            "checkin.recorded",
            routine_id=known_as(name),
            local_date=(day(at - draw(st.integers(0, 3)))).date().isoformat(),
            status=draw(st.sampled_from(["done", "done", "partial", "missed", "skipped"])),
            **when,
        ),
        lambda: fact("routine.ended", routine_id=known_as(name), **when),
        lambda: fact(
            "goal.status_changed", lifecycle=draw(st.sampled_from(["on_hold", "active", "cancelled"])), **when
        ),
    ][draw(st.sampled_from([0, 1, 1, 1, 1, 2, 3]))]()


@settings(max_examples=150, deadline=None)
@given(st.lists(practised(), max_size=16))
def test_the_walk_agrees_whatever_was_practised(happened: list[Proposal]) -> None:
    agrees(told([routine("a", "UTC"), *happened], goal=True), day(20))


@settings(max_examples=150, deadline=None)
@given(st.lists(moves(), max_size=20), st.sets(st.integers(0, 25)))
def test_what_some_facts_changed_is_the_same_when_only_they_are_asked_about(
    happened: list[Proposal], chosen: set[int]
) -> None:
    story = told(happened)
    wanted = {record.fact.event_id for number, record in enumerate(story.records) if number in chosen}
    whole = trust_changes(view(story, day(40)))
    assert trust_changes(view(story, day(40)), wanted) == {one: whole[one] for one in whole if one in wanted}


def test_a_day_that_a_later_word_takes_off_the_schedule_is_not_missed() -> None:
    daily, on_fridays = routine("r", "UTC", day=9), routine("r", "UTC", day=9, weekdays=["friday"])
    assert agrees(told([daily, on_fridays], goal=True), day(10)) == 0, "from a Wednesday to the Thursday after it"
    assert agrees(told([daily, on_fridays], goal=True), day(14)) == 1


def test_a_year_of_practice_is_a_history_of_days() -> None:
    story = a_goal(routine("r", "UTC"))
    for number in range(60):
        story.tell(checkin("r", (day(number)).date().isoformat()), at=day(number))
    found = trust_history(view(story, day(365)))
    assert found.points_total == 60 + 365 - 60
    assert agrees(story, day(90)) == 90
    assert leg(asked(story, day(365)), "self").label == "distrusted"
    assert found.points[60].at - found.points[59].at < timedelta(days=2)
