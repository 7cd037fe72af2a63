"""What to ask next: the gaps that other answers leave, in order, each with the fact that would close it."""

from typing import Any

from domain.facts import Proposal
from projections.questions import OF_FORCES, OF_TOPICS, QUESTIONS_MAX, NextQuestion, Questions, questions
from projections.resources import RESOURCES
from projections.view import View
from tests.domain.telling import (
    BUYER,
    DAY_0,
    SELLER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    objection,
    on_objection,
    promise,
    voided,
)
from tests.projections.standing import force, standing


def asked(story: Story, number: float = 0) -> Questions:
    return questions(View(standing(story, day(number)), day(number)))


def about(story: Story, reason: str, number: float = 0) -> list[NextQuestion]:
    return [one for one in asked(story, number).questions if one.reason == reason]


def aligned(how: str, subject: str = "start_date", **more: Any) -> Proposal:
    return fact("alignment.recorded", between=[SELLER, BUYER], subject=subject, aligned=how, stated_by=BUYER, **more)


def requirement(name: str) -> Proposal:
    said = {"text": "Two minutes", "strength": "must", "stated_by": BUYER}
    return fact("requirement.stated", requirement_id=known_as(name), **said)


def test_a_deal_just_opened_has_everything_to_ask() -> None:
    found = asked(a_deal())
    reasons = [one.reason for one in found.questions]
    assert reasons == [
        *["topic_unknown"] * 5,
        *["force_never_observed"] * 4,
        *["value_unanswered"] * 3,
        *["signal"] * 2,
    ]
    assert [one.about for one in found.questions][-2:] == ["no_next_step", "no_owner_of_outcome"]
    assert found.left_out == 0
    assert found.changes_at == day(7)
    first = found.questions[0]
    assert first == NextQuestion(
        reason="topic_unknown",
        question=OF_TOPICS["spend"],
        answered_by="qualification.updated",
        about="spend",
        subject_id=None,
        party_id=None,
        evidence=[],
    )


def test_a_blocking_objection_that_nobody_heard_comes_first() -> None:
    deal = a_deal(objection("minor"))
    (raised,) = deal.tell(objection("o", severity="blocking"))
    first = asked(deal).questions[0]
    assert (first.reason, first.subject_id, first.party_id, first.evidence, first.answered_by) == (
        "blocking_objection_not_heard",
        known_as("o"),
        BUYER,
        [raised.event_id],
        "objection.acknowledged",
    )
    deal.tell(on_objection("acknowledged", "o"))
    assert about(deal, "blocking_objection_not_heard") == []


def test_what_is_known_is_not_asked() -> None:
    deal = a_deal(
        fact("qualification.updated", topic="spend", status="assumed"),
        force("f", "push", 3),
        fact("value_check.answered", question="worth_it", answer="unsure"),
    )
    assert [one.about for one in about(deal, "topic_unknown")] == [topic for topic in OF_TOPICS if topic != "spend"]
    assert [one.about for one in about(deal, "force_never_observed")] == [kind for kind in OF_FORCES if kind != "push"]
    assert [one.about for one in about(deal, "value_unanswered")] == ["aligned", "follow_through"]


def test_a_decider_without_a_motive_is_asked_the_question_of_the_layer() -> None:
    deal = a_deal(joined(BUYER, "buyer", roles=["economic_buyer"]))
    (one,) = about(deal, "decider_without_motive")
    assert (one.party_id, one.about, one.answered_by) == (BUYER, "relational", "motive.recorded")
    assert one.question.endswith("?")
    said = {"party_id": BUYER, "layer": "ego", "statement": "Blame", "polarity": "threatened"}
    deal.tell(fact("motive.recorded", basis="stated", **said))
    assert about(deal, "decider_without_motive") == []


def test_misalignments_and_requirements_without_a_how() -> None:
    deal = a_deal()
    (alignment, stated, _) = deal.tell(aligned("partly"), requirement("r"), requirement("s"))
    deal.tell(fact("requirement.answered", requirement_id=known_as("s"), how="Three taps"))
    (misaligned,) = about(deal, "misaligned")
    assert (misaligned.about, misaligned.party_id, misaligned.evidence) == ("start_date", BUYER, [alignment.event_id])
    (without,) = about(deal, "requirement_without_how")
    assert (without.subject_id, without.party_id, without.evidence) == (known_as("r"), BUYER, [stated.event_id])
    deal.tell(aligned("yes"))
    assert about(deal, "misaligned") == []


def test_a_closed_deal_is_only_asked_what_can_still_be_settled() -> None:
    deal = a_deal(objection("o", severity="blocking"), aligned("no"), requirement("r"))
    deal.tell(fact("deal.closed", outcome="lost", day=2), at=day(2))
    reasons = [one.reason for one in asked(deal, 16).questions]
    assert reasons == ["blocking_objection_not_heard", "misaligned", "closed_unexplained"]
    assert [one.reason for one in asked(deal, 15).questions] == reasons[:2]
    assert asked(deal, 15).changes_at == day(16)


def test_signals_ask_last_and_not_twice() -> None:
    deal = a_deal()
    deal.tell(fact("deal.changed", trigger="impulse"))
    assert [one.about for one in about(deal, "signal", 7)] == [
        "unexplained_silence",
        "no_next_step",
        "no_owner_of_outcome",
    ]


def test_a_goal_is_asked_about_its_three_legs_too() -> None:
    found = about(a_goal(), "signal")
    assert [(one.about, one.answered_by) for one in found] == [
        ("no_next_step", "commitment.made"),
        ("inaction_risk", "outcome.defined"),
    ]
    assert about(a_goal(), "value_unanswered")[0].about == "aligned"
    done = a_goal(fact("goal.status_changed", lifecycle="completed"))
    assert asked(done, 30) == Questions(questions=[], left_out=0, changes_at=None)


def test_the_list_is_bounded_and_says_what_it_leaves_out() -> None:
    deal = a_deal(*(requirement(f"r{number}") for number in range(90)))
    found = asked(deal)
    assert (len(found.questions), found.left_out) == (QUESTIONS_MAX, 4)


def test_what_was_voided_is_asked_again() -> None:
    deal = a_deal()
    told = deal.tell(force("f", "push", 3), objection("o", severity="blocking"), promise("p", next_step=True))
    for one in reversed(told):
        deal.tell(voided(one.event_id))
    assert [one.reason for one in asked(deal).questions] == [one.reason for one in asked(a_deal()).questions]


def test_nothing_recorded_and_the_resource() -> None:
    nothing = questions(View(Story("deal/" + str(known_as("none"))).stream, DAY_0))
    assert {one.reason for one in nothing.questions} == {"topic_unknown", "force_never_observed", "value_unanswered"}
    assert (RESOURCES["questions"].timed, RESOURCES["questions"].by_policy) == (True, True)
