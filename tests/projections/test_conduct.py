"""How people dealt with each other: about whom, who asked, who listened, who proposed."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.coaching import CoachAsked, LensAndConfidence
from projections.conduct import Conduct, QuestionsAsked, conduct
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    promise,
    request,
    voided,
)
from tests.projections.buying import insight
from tests.projections.standing import asked, erased, wordless


def found(story: Story, **when: Any) -> Conduct:
    return conduct(asked(story, **when))


def shown(**more: Any) -> Proposal:
    return fact("feature.presented", feature="Swap requests", **more)


def contact(by: UUID = SELLER, **more: Any) -> Proposal:
    return fact("interaction.logged", direction="outbound", initiated_by=by, **more)


def question(name: str, intent: str, of: UUID = BUYER, **more: Any) -> Proposal:
    return fact("question.asked", question_id=known_as(name), text="What happened?", asked_of=of, intent=intent, **more)


def intent(what: str, by: UUID = SELLER, **more: Any) -> Proposal:
    return fact("intent.declared", by=by, intent=what, **more)


def coaching(lens: str, coach: UUID = COACH, coachee: UUID = SELLER, **more: Any) -> Proposal:
    return fact("coaching.asked", coach=coach, coachee=coachee, lens=lens, question="When will it close?", **more)


def sure(value: float, by: UUID = SELLER, **more: Any) -> Proposal:
    return fact("confidence.stated", about="Myself", value=value, on_behalf_of=by, **more)


def step(name: str, **more: Any) -> Proposal:
    return promise(name, next_step=True, **more)


def test_on_a_deal_just_opened_nobody_did_anything() -> None:
    nobody = {"buyer": 0, "seller": 0, "together": 0, "self": 0}
    assert to_builtins(found(a_deal())) == {
        "insights": 0,
        "about_them": 0,
        "about_them_share": None,
        "uncovered_by": nobody,
        "self_uncovered_share": None,
        "insights_stated": 0,
        "insights_inferred": 0,
        "conclusions": nobody,
        "own_conclusion_share": None,
        "first_feature_at": None,
        "discovery_depth_before_pitch": 0,
        "features_before_insights": 0,
        "next_steps": 0,
        "next_steps_by_buyer": 0,
        "next_steps_unknown": 0,
        "buyer_pull": None,
        "last_commitment_stake": None,
        "last_commitment_at": None,
        "contacts": 0,
        "purposes": {},
        "buyer_initiated": 0,
        "buyer_initiated_share": None,
        "talk_shares": 0,
        "listening": None,
        "questions": [{"intent": one, "asked": 0, "answered": 0} for one in ("help", "close", "learn", "sell")],
        "intents": {"help": 0, "close": 0, "learn": 0, "sell": 0},
        "last_intent": None,
        "learned_first": None,
        "assumptions_held": 0,
        "assumptions_wrong": 0,
        "assumptions_unclear": 0,
        "assumptions_untested": 0,
        "wrong_assumption_share": None,
        "coaches": [],
        "lens_and_confidence": [
            {"lens": one, "asked": 0, "compared": 0, "rose": 0, "fell": 0, "same": 0}
            for one in ("close", "help", "learn")
        ],
    }


def test_B13_whom_insights_are_about() -> None:
    deal = a_deal(
        *(insight(about, subject=about) for about in ("buyer", "user", "seller", "product", "market", "self"))
    )
    assert (found(deal).insights, found(deal).about_them, found(deal).about_them_share) == (6, 2, 0.333333)
    goal = a_goal(insight("a", subject="self"), insight("b", subject="market"))
    assert found(goal).about_them_share == 0.5


def test_C6_features_before_anything_is_known_of_them() -> None:
    deal = a_deal(insight("a", subject="product", day=1), shown(day=2), shown(day=3))
    assert found(deal).features_before_insights == 2
    deal.tell(insight("b", subject="user", day=4), shown(day=5))
    assert (found(deal).features_before_insights, found(deal).first_feature_at) == (2, day(2))


def test_C7_who_uncovered_what_and_on_what_basis() -> None:
    deal = a_deal(
        insight("a", basis="stated"),
        insight("b", uncovered_by="seller", basis="inferred"),
        insight("c", uncovered_by="together"),
        insight("d", uncovered_by="buyer", basis="stated"),
    )
    answer = found(deal)
    assert answer.uncovered_by == {"buyer": 2, "seller": 1, "together": 1, "self": 0}
    assert (answer.insights_stated, answer.insights_inferred) == (2, 1)


def test_D5_what_they_uncovered_themselves() -> None:
    deal = a_deal(insight("a"), insight("b", uncovered_by="seller"), insight("c", uncovered_by="together"))
    assert found(deal).self_uncovered_share == 0.333333
    goal = a_goal(insight("a", uncovered_by="self"), insight("b", uncovered_by="together"))
    assert found(goal).self_uncovered_share == 0.5


def test_C22_depth_before_the_first_pitch() -> None:
    deal = a_deal(insight("a", basis="stated"), insight("b"), insight("c", basis="inferred"), insight("d"))
    deal.tell(fact("insight.confirmed", insight_id=known_as("a"), by=BUYER))
    deal.tell(fact("insight.confirmed", insight_id=known_as("b"), by=BUYER))
    assert (found(deal).discovery_depth_before_pitch, found(deal).first_feature_at) == (2, None)
    deal.tell(shown(day=1), fact("insight.confirmed", insight_id=known_as("c"), by=BUYER, day=2))
    deal.tell(insight("e", basis="stated", day=3))
    assert found(deal).discovery_depth_before_pitch == 2


def test_C20_D14_E4_questions_to_the_buyer_by_intent() -> None:
    deal = a_deal(question("a", "learn"), question("b", "learn", USER), question("c", "close"))
    deal.tell(question("d", "help", SELLER), fact("question.answered", question_id=known_as("b"), answer="So"))
    assert found(deal).questions == [
        QuestionsAsked(intent="help", asked=0, answered=0),
        QuestionsAsked(intent="close", asked=1, answered=0),
        QuestionsAsked(intent="learn", asked=2, answered=1),
        QuestionsAsked(intent="sell", asked=0, answered=0),
    ]
    assert found(a_goal(question("a", "learn", SELLER))).questions[2].asked == 1


@pytest.mark.parametrize(
    ("results", "share"),
    [
        ([], None),
        ([[]], None),
        ([["wrong"]], 1),
        ([["wrong"], ["held"], ["unclear"], []], 0.333333),
        ([["wrong", "held"]], 0),
        ([["held", "wrong"], ["held"]], 0.5),
    ],
)
def test_C24_assumptions_that_were_wrong(results: list[list[str]], share: float | None) -> None:
    deal = a_deal()
    for number, tests in enumerate(results):
        assumption = UUID(int=number + 1)
        deal.tell(fact("assumption.recorded", assumption_id=assumption, statement="They will not open an app"))
        for result in tests:
            deal.tell(fact("assumption.tested", assumption_id=assumption, result=result))
    answer = found(deal)
    assert answer.wrong_assumption_share == share
    assert answer.assumptions_untested == results.count([])
    tested = answer.assumptions_held + answer.assumptions_wrong + answer.assumptions_unclear
    assert tested == len(results) - results.count([])


def test_D1_what_people_declare_to_be_after() -> None:
    deal = a_deal(intent("close"), intent("help"), intent("close"), intent("sell", BUYER))
    assert found(deal).intents == {"help": 1, "close": 2, "learn": 0, "sell": 0}
    assert found(deal).last_intent == "close"


@pytest.mark.parametrize(
    ("told", "first"),
    [
        ([question("a", "learn"), intent("sell")], True),
        ([intent("learn"), question("a", "close")], True),
        ([intent("help"), question("a", "learn")], False),
        ([intent("sell", BUYER), question("a", "learn")], True),
    ],
)
def test_E12_an_open_mind_learns_first(told: list[Proposal], first: bool) -> None:
    assert found(a_deal(*told)).learned_first is first


def test_D2_the_lens_of_each_coach() -> None:
    deal = a_deal(*map(coaching, ("help", "close", "help", "learn", "help")), coaching("learn", USER))
    assert found(deal).coaches == [
        CoachAsked(coach=COACH, asked=5, close=1, help=3, learn=1, help_lens_share=0.75),
        CoachAsked(coach=USER, asked=1, close=0, help=0, learn=1, help_lens_share=None),
    ]


def test_D3_confidence_around_a_question_is_only_counted() -> None:
    deal = a_deal(
        coaching("close"),
        sure(7),
        coaching("close"),
        coaching("close"),
        sure(9, BUYER),
        sure(4),
        coaching("help"),
        sure(8),
        coaching("help"),
        sure(8),
        coaching("learn"),
    )
    assert found(deal).lens_and_confidence == [
        LensAndConfidence(lens="close", asked=3, compared=2, rose=0, fell=2, same=0),
        LensAndConfidence(lens="help", asked=2, compared=2, rose=1, fell=0, same=1),
        LensAndConfidence(lens="learn", asked=1, compared=0, rose=0, fell=0, same=0),
    ]


def test_D10_E9_listening_is_what_the_seller_did_not_talk() -> None:
    deal = a_deal(contact(talk_share=0.7), contact(talk_share=0.2), contact(talk_share=0.1), contact())
    assert (found(deal).talk_shares, found(deal).listening) == (3, 0.666667)
    assert found(a_deal(contact(talk_share=1))).listening == 0


def test_D13_conclusions_they_drew_themselves_and_the_last_step() -> None:
    deal = a_deal(
        insight("a", "conclusion"),
        insight("b", "conclusion", "together"),
        insight("c", "conclusion", "seller"),
        insight("d", "conclusion"),
        insight("e", "pain"),
        promise("p", stake="large", day=1),
        promise("q", stake="small", day=2),
    )
    answer = found(deal)
    assert answer.conclusions == {"buyer": 2, "seller": 1, "together": 1, "self": 0}
    assert answer.own_conclusion_share == 0.5
    assert (answer.last_commitment_stake, answer.last_commitment_at) == ("small", day(2))


def test_D15_D20_buyer_pull() -> None:
    deal = a_deal(
        step("a", proposed_by_side="buyer"),
        step("b", proposed_by_side="seller"),
        step("c"),
        promise("no step", proposed_by_side="buyer"),
        request("d", creditor=BUYER),
    )
    deal.tell(step("d"), request("e", debtor=BUYER, creditor=SELLER))
    deal.tell(step("e", debtor=BUYER, creditor=SELLER, proposed_by_side="buyer"))
    answer = found(deal)
    assert (answer.next_steps, answer.next_steps_by_buyer, answer.next_steps_unknown) == (5, 3, 1)
    assert answer.buyer_pull == 0.6


def test_D15_who_begins_contacts() -> None:
    deal = a_deal(contact(BUYER), contact(USER, purpose="interview"), contact(), contact(COACH, purpose="interview"))
    answer = found(deal)
    assert (answer.contacts, answer.buyer_initiated, answer.buyer_initiated_share) == (4, 2, 0.5)
    assert answer.purposes == {"other": 2, "interview": 2}


def test_D20_on_a_goal_the_owner_pulls() -> None:
    goal = a_goal(step("a", debtor=SELLER, creditor=SELLER, proposed_by_side="self"), contact(SELLER))
    assert (found(goal).buyer_pull, found(goal).buyer_initiated_share) == (1, 1)


def test_what_was_voided_was_never_done_and_as_of_cuts() -> None:
    deal = a_deal(insight("a", day=1), coaching("help", day=2))
    before = found(deal)
    for one in deal.tell(shown(), contact(), sure(3), intent("sell"), step("p")):
        deal.tell(voided(one.event_id))
    assert found(deal) == before
    assert (found(deal, as_of=day(1)).insights, found(deal, as_of=day(1)).coaches) == (1, [])


def test_erased_words_change_nothing() -> None:
    deal = a_deal(insight("a"), shown(), question("q", "learn"), coaching("help"), sure(3), step("p"))
    wiped = conduct(erased(deal, day(0)))
    assert to_builtins(wiped) == wordless(deal, found(deal)) == to_builtins(found(deal))
