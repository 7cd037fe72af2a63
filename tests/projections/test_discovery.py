"""What was found out about the buyer: topics, insights, and whether they feel understood."""

from typing import Any, get_args

import pytest
from msgspec import to_builtins

from domain.events.discovery import InsightKind
from projections.discovery import CostPerPeriod, Discovery, discovery
from projections.topics import TopicKnown
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    THE_BUYER,
    THE_COLLEAGUE,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    voided,
)
from tests.projections.buying import insight, topic
from tests.projections.standing import asked, erased, wordless


def found(story: Story, **when: Any) -> Discovery:
    return discovery(asked(story, **when))


def known(story: Story, name: str, **when: Any) -> TopicKnown:
    return next(one for one in found(story, **when).topics if one.topic == name)


def test_of_a_deal_just_opened_nothing_is_known() -> None:
    nothing = found(a_deal())
    assert [one.topic for one in nothing.topics] == [
        "spend",
        "problem",
        "cost_of_inaction",
        "effort_people",
        "timeline",
    ]
    assert {one.status for one in nothing.topics} == {"unknown"}
    assert nothing.topics[0] == TopicKnown(
        topic="spend",
        status="unknown",
        value=None,
        source=None,
        since=None,
        age_days=None,
        volunteered=None,
        evidence=[],
    )
    assert (nothing.known, nothing.coverage, nothing.seriousness, nothing.buyer_readiness) == (0, 0, 0, 0)
    assert (nothing.volunteered, nothing.asked_for) == (0, 0)
    assert nothing.insights == dict.fromkeys(get_args(InsightKind), 0)
    assert (nothing.understood, nothing.understood_by, nothing.understood_at) == (None, None, None)
    assert (nothing.struggling_moments, nothing.progress, nothing.tradeoffs, nothing.gaps) == ([], [], [], [])
    assert (nothing.cost_of_inaction.status, nothing.cost_of_inaction.value) == ("unknown", None)
    assert (nothing.cost_of_inaction.totals, nothing.cost_of_inaction.costs) == ([], [])
    assert (nothing.interviews, nothing.confidence, nothing.changes_at) == (0, [], None)


def test_A3_five_topics_with_value_source_and_age() -> None:
    deal = a_deal(
        topic("spend", "assumed", value="20,000", day=1),
        topic("spend", "stated", value="18,000", source="Call with Ruben", day=2),
        topic("spend", "confirmed", day=4),
    )
    told = [record.fact.event_id for record in deal.records[-3:]]
    assert known(deal, "spend", at=day(6.5)) == TopicKnown(
        topic="spend",
        status="confirmed",
        value="18,000",
        source="Call with Ruben",
        since=day(4),
        age_days=2.5,
        volunteered=True,
        evidence=told,
    )
    assert (found(deal).known, found(deal).coverage) == (1, 0.2)


def test_a_guess_does_not_undo_a_clear_word_but_unknown_does() -> None:
    deal = a_deal(
        topic("timeline", "confirmed", value="May", source="Mail"), topic("timeline", "assumed", value="June")
    )
    assert (known(deal, "timeline").status, known(deal, "timeline").value) == ("confirmed", "May")
    deal.tell(topic("timeline", "unknown"))
    assert (known(deal, "timeline").status, known(deal, "timeline").value) == ("unknown", None)
    deal.tell(topic("timeline", "assumed", value="July"))
    after = known(deal, "timeline")
    assert (after.status, after.value, after.source, len(after.evidence)) == ("assumed", "July", None, 1)


def test_a_value_has_the_source_it_was_said_with() -> None:
    deal = a_deal(topic("spend", value="18,000", source="Call"), topic("spend", value="21,000"))
    assert (known(deal, "spend").value, known(deal, "spend").source) == ("21,000", None)
    deal.tell(topic("spend", "confirmed", source="Signed budget"))
    assert (known(deal, "spend").value, known(deal, "spend").source) == ("21,000", "Signed budget")


def test_A4_readiness_counts_what_came_without_being_asked_for() -> None:
    deal = a_deal(
        topic("spend", "assumed", prompted=True),
        topic("spend", prompted=False),
        topic("problem", prompted=True),
        topic("problem", "confirmed", prompted=False),
        topic("timeline", "confirmed"),
        topic("timeline", "unknown"),
        joined(BUYER, "buyer", buying_experience="first_time"),
        joined(BUYER, "buyer", roles=["champion"]),
    )
    answer = found(deal)
    assert (answer.buyer_readiness, answer.volunteered, answer.asked_for) == (0.4, 2, 1)
    assert [one.volunteered for one in answer.topics] == [True, False, None, None, True]
    assert [(one.party_id, one.buying_experience) for one in answer.buyers] == [(BUYER, "first_time"), (USER, None)]


def test_on_a_goal_its_owner_is_the_buyer() -> None:
    goal = a_goal(joined(SELLER, "self", buying_experience="some"), topic("effort_people"))
    assert [(one.party_id, one.buying_experience) for one in found(goal).buyers] == [(SELLER, "some")]
    assert found(goal).coverage == 0.2


def test_A6_seriousness_counts_the_confirmed() -> None:
    deal = a_deal(topic("spend", "confirmed"), topic("problem", "confirmed"), topic("timeline", "stated"))
    assert (found(deal).coverage, found(deal).seriousness) == (0.6, 0.4)


def test_A14_a_gap_between_said_and_valued_is_open_until_another_insight_answers_it() -> None:
    deal = a_deal(insight("gap", "said_vs_valued", said="It must be cheap", valued="Being home by six"))
    (gap,) = found(deal).gaps
    assert (gap.said, gap.valued, gap.open, found(deal).gaps_open) == ("It must be cheap", "Being home by six", True, 1)
    deal.tell(insight("why", "why", answers=known_as("gap")))
    assert (found(deal).gaps[0].open, found(deal).gaps_open) == (False, 0)


def test_B1_emotion_beside_pain() -> None:
    deal = a_deal(insight("a", "pain"), insight("b", "pain"), insight("c", "emotion"))
    kinds = found(deal).insights
    assert (kinds["pain"], kinds["emotion"], kinds["metric"]) == (2, 1, 0)


def test_an_insight_is_confirmed_once_somebody_says_it_is_right() -> None:
    deal = a_deal(insight("a", "progress", from_state="Paper", to_state="One list"), insight("b", "pain"))
    deal.tell(fact("insight.confirmed", insight_id=known_as("a"), by=BUYER))
    (row,) = found(deal).progress
    assert (row.insight_id, row.confirmed, row.from_state, row.to_state) == (known_as("a"), True, "Paper", "One list")
    assert (row.at, row.subject, row.uncovered_by, row.party_id) == (day(0), "buyer", "buyer", None)
    assert (row.statement, row.event_id) == ("Fridays end at midnight", deal.thing("a").fact.event_id)
    assert found(deal).insights_confirmed == 1


@pytest.mark.parametrize("accurate", ["yes", "partly", "no"])
def test_B4_understood_is_what_the_other_side_said_last(accurate: str) -> None:
    def judged(by: Any, word: str, at: float) -> Any:
        return fact("understanding.confirmed", summary="You want your evenings", by=by, accurate=word, day=at)

    deal = a_deal(judged(BUYER, "no", 1), judged(BUYER, accurate, 2), judged(SELLER, "yes", 3))
    answer = found(deal)
    assert (answer.understood, answer.understood_by, answer.understood_at) == (accurate, BUYER, day(2))
    assert found(deal, as_of=day(1)).understood == "no"
    assert found(a_goal(judged(SELLER, "partly", 1))).understood == "partly"


def test_B7_cost_of_inaction_is_added_up_per_currency_and_period() -> None:
    deal = a_deal(
        insight("a", "metric", amount="2400.00", currency="EUR", period="month"),
        insight("b", "consequence", amount="100.5", currency="EUR", period="month"),
        insight("c", "metric", amount="3", currency="EUR"),
        insight("d", "consequence"),
        insight("e", "pain", amount="999", currency="EUR", period="month"),
        topic("cost_of_inaction", value="About 30,000 a year"),
    )
    cost = found(deal).cost_of_inaction
    assert (cost.status, cost.value) == ("stated", "About 30,000 a year")
    assert cost.totals == [
        CostPerPeriod(amount="2500.50", currency="EUR", period="month", insights=2),
        CostPerPeriod(amount="3", currency="EUR", period=None, insights=1),
    ]
    assert [(one.kind, one.amount, one.currency, one.period) for one in cost.costs] == [
        ("metric", "2400.00", "EUR", "month"),
        ("consequence", "100.5", "EUR", "month"),
        ("metric", "3", "EUR", None),
        ("consequence", None, None, None),
    ]


def test_C23_a_struggle_apart_from_the_product() -> None:
    deal = a_deal(insight("a", "struggling_moment"), insight("b", "struggling_moment", mentions_product=True))
    assert [one.mentions_product for one in found(deal).struggling_moments] == [False, True]
    assert found(deal).struggles_apart_from_product == 1


def test_C25_what_they_would_give_to_get_what() -> None:
    (row,) = found(a_deal(insight("a", "tradeoff", give="A month of training", get="Quiet Fridays"))).tradeoffs
    assert (row.give, row.get) == ("A month of training", "Quiet Fridays")


def test_E4_questions_asked_to_learn_and_interviews() -> None:
    def question(name: str, intent: str) -> Any:
        return fact("question.asked", question_id=known_as(name), text="What happened?", asked_of=BUYER, intent=intent)

    deal = a_deal(question("a", "learn"), question("b", "learn"), question("c", "close"))
    deal.tell(fact("question.answered", question_id=known_as("b"), answer="I drove myself"))
    deal.tell(fact("interaction.logged", direction="outbound", initiated_by=SELLER, purpose="interview"))
    deal.tell(fact("interaction.logged", direction="outbound", initiated_by=SELLER, purpose="demo"))
    answer = found(deal)
    assert (answer.questions_to_learn, answer.questions_to_learn_answered, answer.interviews) == (2, 1, 1)


def test_A23_a_dip_in_confidence_is_expected_when_more_is_known() -> None:
    def sure(value: float, by: Any = BUYER) -> Any:
        return fact("confidence.stated", about="The first week", value=value, on_behalf_of=by)

    deal = a_deal(sure(9), sure(7), topic("effort_people"), sure(3, USER), sure(5), topic("spend"), sure(6))
    points = found(deal).confidence
    assert [(one.party_id, one.value, one.known, one.expected_dip) for one in points] == [
        (BUYER, 9, 0, False),
        (BUYER, 7, 0, False),
        (USER, 3, 1, False),
        (BUYER, 5, 1, True),
        (BUYER, 6, 2, False),
    ]
    assert (points[0].about, points[0].at) == ("The first week", day(0))
    assert points[0].event_id in {record.fact.event_id for record in deal.records}


def test_what_was_voided_was_never_said() -> None:
    deal = a_deal(topic("spend"))
    before = found(deal)
    for one in deal.tell(topic("spend", "confirmed"), insight("a", "said_vs_valued")):
        deal.tell(voided(one.event_id))
    assert found(deal) == before


def test_as_of_a_day_only_what_had_happened_is_known() -> None:
    deal = a_deal(topic("spend", day=1), insight("a", day=2))
    assert (found(deal, as_of=day(0.5)).known, found(deal, as_of=day(1)).known) == (0, 1)
    assert found(deal, as_of=day(1.5)).insights["pain"] == 0
    assert known(deal, "spend", as_of=day(3)).age_days == 2


def test_what_the_caller_may_not_see_is_not_in_the_answer() -> None:
    deal = a_deal(topic("spend", "confirmed", visibility="private"), shared=True)
    assert found(deal, by=THE_COLLEAGUE).known == 0
    assert found(deal, by=THE_BUYER).buyers == []


def test_erased_words_are_none_and_change_no_figure() -> None:
    words = {"said": "a", "valued": "b", "statement": "c", "give": "d", "get": "e", "from_state": "f", "to_state": "g"}
    deal = a_deal(
        *(insight(kind, kind, **words) for kind in ("said_vs_valued", "tradeoff", "progress", "metric")),
        topic("cost_of_inaction", value="18,000", source="His mail"),
        fact("confidence.stated", about="The rollout", value=4),
    )
    wiped = discovery(erased(deal, day(1)))
    assert to_builtins(wiped) == wordless(deal, found(deal, at=day(1)))
    assert (wiped.cost_of_inaction.value, wiped.gaps[0].valued, wiped.confidence[0].about) == (None, None, None)


def test_a_coach_is_no_buyer() -> None:
    assert COACH not in {one.party_id for one in found(a_deal()).buyers}
