"""Objections: how long they waited to be heard and settled, and whether they came back."""

from domain.facts import Proposal
from projections.objections import ObjectionGroup, Objections, objections
from tests.domain.telling import (
    BUYER,
    DAY_0,
    GOAL,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    corrected,
    day,
    known_as,
    objection,
    on_objection,
    voided,
)
from tests.projections.standing import asked, erased, force, wordless


def asked_at(story: Story, number: float) -> Objections:
    return objections(asked(story, day(number)))


def a_contested_deal() -> Story:
    """Three objections: one settled and confirmed, one reopened, one that nobody took up."""
    story = a_deal(force("fear", "anxiety", 3))
    story.tell(
        objection("risk", day=0, severity="blocking", force_id=known_as("fear")),
        objection("price", USER, dimension="product", category="price", day=1),
        on_objection("acknowledged", "risk", day=2),
        on_objection("resolved", "price", day=4),
        on_objection("resolved", "risk", day=6),
        on_objection("confirmed", "risk", by=BUYER, day=8),
        on_objection("reopened", "price", day=9),
        objection("fit", dimension="seller", category="fit", severity="minor", day=10),
    )
    return story


def test_a_stream_without_objections() -> None:
    assert asked_at(a_deal(), 30) == Objections(
        raised=0,
        open=0,
        open_blocking=0,
        unaddressed=0,
        resolved=0,
        reopened=0,
        reopen_rate=None,
        median_days_to_acknowledge=None,
        median_days_to_resolve=None,
        by_dimension=[],
        by_category=[],
        by_severity=[],
        objections=[],
        changes_at=None,
    )


def test_what_the_objections_of_a_deal_come_to() -> None:
    found = asked_at(a_contested_deal(), 12)
    assert (found.raised, found.open, found.open_blocking, found.resolved, found.reopened) == (3, 2, 0, 1, 1)
    assert found.reopen_rate == 0.5  # of the two ever resolved
    assert found.median_days_to_acknowledge == 2.5  # two days, and the three until it was resolved at once
    assert found.median_days_to_resolve == 6.0
    assert [one.state for one in found.objections] == ["confirmed", "raised", "raised"]


def test_one_objection_from_raised_to_confirmed() -> None:
    story = a_contested_deal()
    risk = asked_at(story, 12).objections[0]
    assert (risk.objection_id, risk.open, risk.unaddressed) == (known_as("risk"), False, False)
    assert (risk.statement, risk.raised_by, risk.side, risk.force_id) == (
        "Not in the season",
        BUYER,
        "buyer",
        known_as("fear"),
    )
    assert (risk.dimension, risk.category, risk.severity) == ("process", "risk", "blocking")
    assert (risk.raised_at, risk.acknowledged_at, risk.resolved_at) == (DAY_0, day(2), day(6))
    assert (risk.days_to_acknowledge, risk.days_to_resolve, risk.age_days) == (2.0, 6.0, 6.0)
    types = {record.fact.event_id: record.fact.type for record in story.records}
    assert [types[event] for event in risk.evidence] == [
        "objection.raised",
        "objection.acknowledged",
        "objection.resolved",
        "objection.confirmed",
    ]


def test_an_objection_that_came_back_is_open_and_its_age_goes_on() -> None:
    price = asked_at(a_contested_deal(), 12).objections[1]
    assert (price.open, price.reopened, price.resolved_at, price.days_to_resolve) == (True, 1, None, None)
    assert (price.age_days, price.days_to_acknowledge) == (11.0, 3.0)


def test_nobody_took_it_up_for_seven_days_since_it_was_raised_or_came_back() -> None:
    story = a_contested_deal()
    before, first, both = asked_at(story, 15.999), asked_at(story, 16), asked_at(story, 17)
    assert (before.unaddressed, first.unaddressed, both.unaddressed) == (0, 1, 2)
    assert (before.changes_at, first.changes_at, both.changes_at) == (day(16), day(17), None)
    assert [one.unaddressed for one in first.objections] == [False, True, False]


def test_an_objection_that_was_heard_is_not_unaddressed_however_old() -> None:
    story = a_deal(objection("risk", day=0, severity="blocking"), on_objection("answered", "risk", day=1))
    found = asked_at(story, 90)
    assert (found.unaddressed, found.open, found.open_blocking, found.changes_at) == (0, 1, 1, None)
    assert found.objections[0].days_to_acknowledge == 1.0


def test_dismissed_is_settled_but_never_heard() -> None:
    story = a_deal(objection("risk", day=0), on_objection("dismissed", "risk", by=SELLER, day=3))
    found = asked_at(story, 20)
    one = found.objections[0]
    assert (one.state, one.open, one.age_days, one.acknowledged_at, one.resolved_at) == (
        "dismissed",
        False,
        3.0,
        None,
        None,
    )
    assert (found.resolved, found.reopen_rate) == (0, None)


def test_a_dismissed_objection_that_comes_back_says_nothing_about_resolutions() -> None:
    story = a_deal(
        objection("risk", day=0),
        on_objection("dismissed", "risk", by=SELLER, day=1),
        on_objection("reopened", "risk", day=2),
        on_objection("resolved", "risk", day=3),
    )
    found = asked_at(story, 4)
    assert (found.reopened, found.reopen_rate) == (1, 0.0)


def test_the_no_that_stands_was_heard() -> None:
    story = a_deal(objection("risk", day=0), on_objection("accepted", "risk", day=2))
    found = asked_at(story, 20)
    assert (found.objections[0].state, found.objections[0].days_to_acknowledge) == ("accepted", 2.0)
    assert (found.open, found.resolved) == (0, 0)


def test_groups_in_the_order_in_which_they_came() -> None:
    found = asked_at(a_contested_deal(), 20)
    assert [group.value for group in found.by_dimension] == ["process", "product", "seller"]
    assert [group.value for group in found.by_category] == ["risk", "price", "fit"]
    assert found.by_severity == [
        ObjectionGroup(
            value="blocking",
            raised=1,
            open=0,
            unaddressed=0,
            resolved=1,
            reopened=0,
            median_days_to_acknowledge=2.0,
            median_days_to_resolve=6.0,
        ),
        ObjectionGroup(
            value="normal",
            raised=1,
            open=1,
            unaddressed=1,
            resolved=0,
            reopened=1,
            median_days_to_acknowledge=3.0,
            median_days_to_resolve=None,
        ),
        ObjectionGroup(
            value="minor",
            raised=1,
            open=1,
            unaddressed=1,
            resolved=0,
            reopened=0,
            median_days_to_acknowledge=None,
            median_days_to_resolve=None,
        ),
    ]


def test_a2_the_owner_of_a_goal_objects_to_it_in_the_same_words() -> None:
    told: list[Proposal] = [objection("time", SELLER, dimension="self", category="timing", day=0)]
    story = a_goal(*told)
    one = asked_at(story, 1).objections[0]
    assert (story.stream.stream_id, one.side, one.dimension) == (GOAL, "self", "self")


def test_as_it_was_on_an_earlier_day() -> None:
    found = objections(asked(a_contested_deal(), as_of=day(5)))
    assert [one.state for one in found.objections] == ["acknowledged", "resolved"]
    assert (found.open, found.reopen_rate, found.median_days_to_resolve) == (1, 0.0, 3.0)


def test_a_voided_step_was_never_taken() -> None:
    story = a_deal(objection("risk", day=0))
    before = asked_at(story, 20)
    heard = story.tell(on_objection("acknowledged", "risk", day=1))[0]
    story.tell(voided(heard.event_id), at=day(20))
    assert asked_at(story, 20) == before


def test_a_corrected_objection_counts_as_it_reads_now() -> None:
    story = a_deal()
    raised = story.tell(objection("risk", day=0))[0]
    data = {
        "objection_id": str(known_as("risk")),
        "dimension": "process",
        "category": "timing",
        "severity": "blocking",
        "statement": "Not before May",
        "raised_by": str(BUYER),
    }
    story.tell(corrected(raised.event_id, data), at=day(1))
    found = asked_at(story, 2)
    assert (found.open_blocking, found.objections[0].category) == (1, "timing")


def test_erased_words_change_no_figure() -> None:
    story = a_contested_deal()
    now = objections(erased(story, day(12)))
    assert now.objections[0].statement is None
    assert wordless(story, now) == wordless(story, asked_at(story, 12))
