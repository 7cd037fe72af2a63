"""Signals: what a stream warns of, since when, and what ends it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.facts import Proposal
from projections.resources import RESOURCES
from projections.signals import Signal, Signals, signals, signs
from projections.signals.sign import EVIDENCE_MAX
from projections.trust.score import trust
from projections.view import View
from tests.domain.telling import (
    BUYER,
    COACH,
    DAY_0,
    SELLER,
    THE_BUYER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    objection,
    on_objection,
    on_promise,
    promise,
    request,
    voided,
)
from tests.projections.standing import force, mapped, no, routine, standing

TOPICS = ("spend", "problem", "cost_of_inaction", "effort_people", "timeline")


def at(story: Story, number: float) -> Signals:
    return signals(View(standing(story, day(number)), day(number)))


def found(story: Story, name: str, number: float) -> Signal | None:
    return next((one for one in at(story, number).signals if one.name == name), None)


def since(story: Story, name: str, number: float) -> datetime | None:
    signal = found(story, name, number)
    return None if signal is None else signal.since


def contact(by: Any = SELLER, **more: Any) -> Proposal:
    return fact("interaction.logged", direction="outbound", initiated_by=by, **more)


def knows(topic: str, status: str = "stated", **more: Any) -> Proposal:
    return fact("qualification.updated", topic=topic, status=status, **more)


def told(*proposals: Proposal) -> Story:
    deal = a_deal()
    deal.tell(*proposals, at=day(400))
    return deal


# -- silence


def test_seven_days_without_the_buyer_are_silence() -> None:
    deal = told(contact(BUYER, day=2), contact(day=5))
    assert since(deal, "silence", 8.99) is None
    signal = found(deal, "silence", 9)
    assert signal is not None
    assert (signal.since, signal.evidence) == (day(9), [deal.records[-2].fact.event_id])
    assert (signal.question, signal.answered_by) == ("What are they busy with instead?", "interaction.logged")


def test_a_buyer_who_never_did_anything_is_silent_since_the_beginning() -> None:
    assert since(a_deal(), "silence", 7) == day(7)


def test_a_hesitation_left_open_explains_the_silence() -> None:
    deal = told(objection("o", day=3))
    names = at(deal, 12).names
    assert {"silence", "silence_after_hesitation"} <= set(names)
    assert "unexplained_silence" not in names
    signal = found(deal, "silence_after_hesitation", 12)
    assert signal is not None
    assert (signal.since, signal.evidence[0]) == (day(10), deal.records[-1].fact.event_id)


def test_silence_with_nothing_left_open_is_not_guessed_at() -> None:
    deal = told(objection("o", day=3), on_objection("resolved", "o", day=4))
    assert {"silence", "unexplained_silence"} <= set(at(deal, 12).names)
    assert "silence_after_hesitation" not in at(deal, 12).names


def test_a_hesitation_noticed_after_they_went_quiet_did_not_silence_them_but_may_explain_it() -> None:
    deal = told(contact(BUYER, day=1), fact("hesitation.noticed", hesitation_id=known_as("h"), signal="silence", day=5))
    assert {"silence_after_hesitation", "unexplained_silence"}.isdisjoint(at(deal, 9).names)
    deal.tell(fact("hesitation.cleared", hesitation_id=known_as("h"), because="A holiday", day=6))
    assert "unexplained_silence" in at(deal, 9).names


def test_a_deferral_holds_back_from_the_moment_to_ask_again() -> None:
    deal = told(no("n", revisit_at=day(20).isoformat(), day=2))
    assert {"silence_after_hesitation", "unexplained_silence"}.isdisjoint(at(deal, 15).names)
    assert at(deal, 15).changes_at == day(20)
    assert since(deal, "silence_after_hesitation", 20) == day(20)
    deal.tell(fact("no.lifted", no_id=known_as("n"), because="Earlier than planned", day=21))
    assert "unexplained_silence" in at(deal, 22).names
    final = told(no("n", kind="final", day=2))
    assert "unexplained_silence" in at(final, 15).names, "a final no is an answer, not a hesitation"


def test_a_closed_deal_is_not_silent() -> None:
    deal = told(fact("deal.closed", outcome="won", day=1))
    assert {"silence", "no_next_step", "no_owner_of_outcome"}.isdisjoint(at(deal, 10).names)


def test_on_a_goal_its_owner_falls_silent() -> None:
    goal = a_goal(fact("setback.recorded", reason="Travel", day=4))
    assert since(goal, "silence", 11) == day(11)
    goal.tell(fact("goal.status_changed", lifecycle="completed", day=5))
    assert at(goal, 40).names == []


# -- effort


def test_three_messages_without_an_answer_are_chasing() -> None:
    deal = told(contact(BUYER, day=1), *(contact(day=number) for number in (2, 3, 4, 5)))
    assert since(deal, "chasing", 3) is None
    signal = found(deal, "chasing", 6)
    assert signal is not None
    assert (signal.since, signal.value, len(signal.evidence)) == (day(4), 4.0, 4)
    deal.tell(contact(BUYER, day=7))
    assert found(deal, "chasing", 8) is None


def test_evidence_is_the_latest_and_bounded() -> None:
    deal = told(*(contact(day=1 + number / 100) for number in range(30)))
    signal = found(deal, "chasing", 6)
    assert signal is not None
    assert (signal.value, len(signal.evidence)) == (30.0, EVIDENCE_MAX)
    assert signal.evidence[-1] == deal.records[-1].fact.event_id


def test_more_of_the_same_teaches_nothing() -> None:
    def insight(by: str, number: float) -> Proposal:
        said = {"kind": "pain", "statement": "Nights", "subject": "buyer", "uncovered_by": by}
        return fact("insight.recorded", day=number, **said)

    deal = told(insight("buyer", 0.5), *(contact(day=number) for number in (1, 2, 3, 4, 5)), insight("seller", 6))
    signal = found(deal, "effort_without_learning", 7)
    assert signal is not None
    assert (signal.since, signal.value) == (day(5), 5.0)
    deal.tell(insight("buyer", 7))
    assert found(deal, "effort_without_learning", 8) is None


def test_each_side_waiting_for_the_other_is_a_stalemate() -> None:
    ask = fact("question.asked", question_id=known_as("q"), text="Who decides?", asked_of=BUYER, intent="learn", day=1)
    deal = told(ask, request("r", day=3))
    assert since(deal, "stalemate", 10) is None
    assert since(deal, "stalemate", 10.01) == day(10) + timedelta.resolution
    deal.tell(fact("question.answered", question_id=known_as("q"), answer="I do", day=11))
    assert found(deal, "stalemate", 12) is None
    goal = a_goal(
        fact("question.asked", text="Why?", asked_of=SELLER, intent="learn", on_behalf_of=COACH, day=1),
        request("r", debtor=COACH, creditor=SELLER, day=1),
    )
    assert since(goal, "stalemate", 9) is not None


# -- towards a decision


def test_a_yes_before_three_topics_are_known_is_premature() -> None:
    deal = told(knows("spend", day=1), knows("problem", "assumed", day=1), promise("p", BUYER, SELLER, day=2))
    signal = found(deal, "premature_yes", 3)
    assert signal is not None
    assert (signal.since, signal.evidence, signal.value) == (day(2), [deal.records[-1].fact.event_id], 1.0)
    deal.tell(on_promise("fulfilled", "p", day=4))
    assert found(deal, "premature_yes", 5) is None


def test_a_yes_is_grounded_in_three_topics_and_undone_by_a_blocking_objection() -> None:
    known = [knows(topic, "confirmed", day=1) for topic in TOPICS[:3]]
    deal = told(*known, promise("p", BUYER, SELLER, day=2), promise("s", day=2))
    assert found(deal, "premature_yes", 3) is None
    blocked = told(
        *known,
        objection("minor", severity="minor", day=1),
        objection("o", severity="blocking", day=1),
        promise("p", BUYER, SELLER, day=2),
        on_objection("resolved", "o", day=3),
        promise("q", BUYER, SELLER, day=4),
        on_objection("reopened", "o", day=5),
        promise("r", BUYER, SELLER, day=6),
    )
    signal = found(blocked, "premature_yes", 7)
    assert signal is not None
    assert (signal.since, signal.value, len(signal.evidence)) == (day(2), 2.0, 4)
    withdrawn = told(*known, knows("spend", "unknown", day=1.5), promise("p", BUYER, SELLER, day=2))
    assert found(withdrawn, "premature_yes", 3) is not None


def test_promises_to_oneself_are_premature_only_where_topics_were_spoken_of() -> None:
    goal = a_goal(promise("p", SELLER, SELLER, day=1))
    assert found(goal, "premature_yes", 2) is None
    goal.tell(knows("spend", day=2), promise("q", SELLER, SELLER, day=3))
    assert since(goal, "premature_yes", 4) == day(3)


def test_haggling_after_unasked_features() -> None:
    def haggle(number: float) -> Proposal:
        return fact("hesitation.noticed", hesitation_id=known_as("h"), signal="price_negotiation", day=number)

    def shown(number: float, **more: Any) -> Proposal:
        return fact("feature.presented", feature="Swaps", day=number, **more)

    deal = told(shown(1), shown(2), shown(2, requested=True), haggle(15))
    signal = found(deal, "price_pressure_after_unasked", 16)
    assert signal is not None
    assert (signal.since, len(signal.evidence), signal.value) == (day(15), 3, 1.0)
    deal.tell(fact("hesitation.cleared", hesitation_id=known_as("h"), because="One module", day=17))
    assert found(deal, "price_pressure_after_unasked", 18) is None
    for told_instead in ((shown(1), haggle(3)), (shown(0.5), shown(2), haggle(15)), (haggle(1), shown(2), shown(2))):
        assert found(told(*told_instead), "price_pressure_after_unasked", 16) is None


def test_a_deal_stalls_after_fourteen_days_or_twice_its_own_pace() -> None:
    def enters(stage: str, number: float) -> Proposal:
        return fact("stage.entered", stage=stage, day=number)

    deal = told(enters("first_thought", 1))
    assert found(deal, "stalled", 15) is None
    assert since(deal, "stalled", 15.01) == day(15) + timedelta.resolution
    slow = told(enters("first_thought", 1), enters("passive_looking", 11), enters("deciding", 21))
    assert found(slow, "stalled", 41) is None
    assert since(slow, "stalled", 41.01) == day(41) + timedelta.resolution
    slow.tell(fact("deal.closed", outcome="lost", day=30))
    assert found(slow, "stalled", 60) is None


def test_no_next_step_since_the_last_one_ended() -> None:
    deal = a_deal()
    assert since(deal, "no_next_step", 1) == DAY_0
    deal.tell(promise("a", next_step=True, day=2), promise("b", next_step=True, day=3), promise("c", day=3), at=day(30))
    assert found(deal, "no_next_step", 4) is None
    deal.tell(on_promise("fulfilled", "a", day=4), at=day(30))
    assert found(deal, "no_next_step", 5) is None
    deal.tell(on_promise("fulfilled", "b", day=6), at=day(30))
    deal.tell(on_promise("confirmed", "b", by=BUYER, day=8), at=day(30))
    assert since(deal, "no_next_step", 9) == day(6)
    deal.tell(fact("deal.closed", outcome="lost", day=10), fact("deal.reopened", reason="Budget", day=20), at=day(30))
    assert since(deal, "no_next_step", 21) == day(20)


def test_told_to_buy_without_a_struggle() -> None:
    deal = a_deal()
    deal.tell(fact("deal.changed", trigger="mandated", day=2))
    assert since(deal, "mandated_without_struggle", 3) == day(2)
    deal.tell(force("f", "pull", 3))
    assert found(deal, "mandated_without_struggle", 4) is not None
    deal.tell(force("g", "push", 3))
    assert found(deal, "mandated_without_struggle", 4) is None


def test_an_impulse_until_its_value_is_checked() -> None:
    goal = a_goal(fact("goal.restated", trigger="impulse", day=1))
    assert since(goal, "impulse_unexamined", 2) == day(1)
    goal.tell(fact("value_check.answered", question="worth_it", answer="no", day=3))
    assert found(goal, "impulse_unexamined", 4) is None


def test_nobody_owns_the_outcome_until_a_motive_reaches_beyond_the_purchase() -> None:
    def motive(horizon: str) -> Proposal:
        said = {"party_id": BUYER, "layer": "ego", "statement": "Blame", "polarity": "threatened"}
        return fact("motive.recorded", stake_horizon=horizon, **said)

    deal = a_deal(motive("purchase_only"))
    assert since(deal, "no_owner_of_outcome", 1) == DAY_0
    deal.tell(motive("beyond_purchase"))
    assert found(deal, "no_owner_of_outcome", 1) is None
    assert found(a_goal(), "no_owner_of_outcome", 1) is None


# -- asking, and after the close


def test_asking_more_often_than_not() -> None:
    asks = [contact(BUYER, ask=True, day=number) for number in (1, 2, 3)]
    assert found(told(*asks), "ask_ratio_high", 4) is None
    half = told(*asks, *(contact(BUYER, day=number) for number in (4, 5, 6)))
    assert found(half, "ask_ratio_high", 7) is None
    deal = told(*asks, contact(BUYER, day=4))
    signal = found(deal, "ask_ratio_high", 5)
    assert signal is not None
    assert (signal.since, signal.value, len(signal.evidence)) == (day(4), 0.75, 3)
    assert found(deal, "ask_ratio_high", 91) is None, "the first contact has left the ninety days, three are too few"


def test_time_alone_may_turn_asking_into_asking_too_often() -> None:
    deal = told(contact(BUYER, day=1), *(contact(BUYER, ask=number < 20, day=number) for number in (10, 11, 12, 20)))
    deal.tell(contact(BUYER, day=21))
    assert found(deal, "ask_ratio_high", 22) is None
    assert since(deal, "ask_ratio_high", 92) == day(91)
    turns = [sign for sign in at(deal, 90).names if sign == "ask_ratio_high"]
    assert (turns, at(deal, 90).changes_at) == ([], day(91))


def test_a_close_that_nobody_explained() -> None:
    deal = told(fact("deal.closed", outcome="lost", reason_code="unknown", day=2))
    assert found(deal, "closed_unexplained", 15.9) is None
    assert since(deal, "closed_unexplained", 16) == day(16)
    deal.tell(fact("decision.explained", why_now="Two planners left", asked_of=BUYER, day=20))
    assert found(deal, "closed_unexplained", 19) is not None
    assert found(deal, "closed_unexplained", 21) is None


def test_a_customer_who_went_quiet() -> None:
    deal = told(fact("deal.closed", outcome="won", day=2))
    assert since(deal, "gone_quiet", 62) == day(62)
    deal.tell(fact("usage.observed", measure="Planners", value=3, period="2026-03", day=30))
    assert found(deal, "gone_quiet", 89) is None
    assert since(deal, "gone_quiet", 90) == day(90)
    assert found(told(fact("deal.closed", outcome="lost", day=2)), "gone_quiet", 90) is None


# -- what rests on trust


def claim(aligned: str = "yes", by: Any = SELLER, **more: Any) -> Proposal:
    said = {"between": [SELLER, BUYER], "subject": "identity", "aligned": aligned, "stated_by": by}
    return fact("alignment.recorded", **said, **more)


def test_alignment_on_the_sellers_word_alone_is_not_earned() -> None:
    deal = told(claim(day=2), claim(by=BUYER, day=3))
    signal = found(deal, "claimed_not_earned", 4)
    assert signal is not None, "the seller wrote down what the buyer is said to have said"
    assert signal.since == day(2)
    assert signal.evidence == [record.fact.event_id for record in deal.records[-2:]]
    deal.tell(claim(by=BUYER), by=THE_BUYER)
    assert found(deal, "claimed_not_earned", 4) is None
    assert found(told(claim("no", day=2)), "claimed_not_earned", 4) is None
    assert found(told(claim(day=2), claim("no", day=3)), "claimed_not_earned", 4) is None


def test_what_was_earned_fades_back_to_a_claim() -> None:
    deal = told(claim(day=1), *(promise(name, day=1) for name in "ab"))
    deal.tell(*(on_promise("fulfilled", name, day=2) for name in "ab"), at=day(400))
    assert found(deal, "claimed_not_earned", 3) is None, "two promises kept are certainty enough"
    view = View(standing(deal, day(3)), day(3))
    falls = next(sign for sign in signs(view) if sign.name == "claimed_not_earned").since
    legs = [trust(View(view.stream, falls + step)).dimensions[0] for step in (-timedelta(seconds=1), timedelta(0))]
    assert (legs[0].certainty >= 0.2, legs[1].label) == (True, "unknown")
    assert "claimed_not_earned" in signals(View(view.stream, falls)).names


def test_a_goal_without_trust_in_oneself() -> None:
    goal = a_goal(
        mapped(("m", "self", None)),
        fact("outcome.defined", measure="An hour of talk", target=1),
        *(promise(name, SELLER, SELLER) for name in "abcdefgh"),
    )
    signal = found(goal, "inaction_risk", 1)
    assert signal is not None
    assert (signal.missing, signal.since, signal.answered_by) == (["self"], DAY_0, "commitment.made")
    for nth, name in enumerate("abcdefgh"):
        goal.tell(on_promise("fulfilled", name, day=nth + 1), at=day(nth + 1))
    assert found(goal, "inaction_risk", 9) is None
    view = View(standing(goal), day(9))
    again = next(sign for sign in signs(view) if sign.name == "inaction_risk")
    assert (again.missing, again.until) == (("self",), None)
    assert trust(View(view.stream, again.since)).dimensions[-1].label == "unknown"
    assert trust(View(view.stream, again.since - timedelta(seconds=1))).dimensions[-1].label != "unknown"


# -- goals


def test_a_goal_says_which_of_its_legs_is_missing() -> None:
    goal = a_goal()
    signal = found(goal, "inaction_risk", 1)
    assert signal is not None
    assert {"process", "product"} <= set(signal.missing)
    assert signal.answered_by == "outcome.defined"
    goal.tell(fact("outcome.defined", measure="An hour of talk", target=1))
    signal = found(goal, "inaction_risk", 1)
    assert signal is not None
    assert "product" not in signal.missing
    assert signal.answered_by == "journey.mapped"
    for way in (mapped(("m", "self", None)), routine("r")):
        other = a_goal(way)
        signal = found(other, "inaction_risk", 1)
        assert signal is not None
        assert "process" not in signal.missing
    assert found(a_deal(), "inaction_risk", 1) is None


# -- all of them


def test_nothing_recorded_warns_of_nothing() -> None:
    assert signals(View(Story("deal/" + str(known_as("none"))).stream, DAY_0)) == Signals(signals=[], changes_at=None)


def test_what_was_voided_was_never_recorded() -> None:
    deal, plain = a_deal(), a_deal()
    told_ = deal.tell(objection("o", severity="blocking", day=1), contact(day=1), at=day(2))
    for one in told_:
        deal.tell(voided(one.event_id), at=day(3))
    assert [one.name for one in at(deal, 20).signals] == [one.name for one in at(plain, 20).signals]
    assert at(deal, 20).changes_at == at(plain, 20).changes_at


def test_somebody_who_joins_later_counts_for_their_side_throughout() -> None:
    deal = a_deal()
    deal.tell(joined(known_as("late"), "buyer"))
    deal.tell(contact(known_as("late"), day=3))
    assert since(deal, "silence", 10) == day(10)


@pytest.mark.parametrize("number", [0, 6.9, 7, 13, 30, 59.9, 61, 89.5, 120, 200])
def test_between_two_turns_nothing_changes(number: float) -> None:
    deal = told(
        contact(BUYER, day=1),
        *(contact(BUYER, ask=True, day=one) for one in (2, 3, 4)),
        no("n", revisit_at=day(40).isoformat(), day=5),
        fact("stage.entered", stage="deciding", day=5),
        fact("deal.closed", outcome="won", day=60),
    )
    view = View(standing(deal, day(number)), day(number))
    found_ = signals(view)
    if found_.changes_at is None:
        return
    just_before = View(view.stream, found_.changes_at - timedelta.resolution)
    assert [one.name for one in signals(just_before).signals] == [one.name for one in found_.signals]
    then = signals(View(view.stream, found_.changes_at))
    assert [one.name for one in then.signals] != [one.name for one in found_.signals]


def test_it_is_a_resource_of_both_kinds() -> None:
    resource = RESOURCES["signals"]
    assert (sorted(resource.kinds), resource.timed, resource.by_policy) == (["deal", "goal"], True, True)
