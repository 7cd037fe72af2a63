"""Rows of essay D about how the seller deals with people: who talks, who asks, who proposes, and what coaches ask."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact, moment


def insight(subject: str = "buyer", uncovered_by: str = "buyer", **more: Any) -> dict[str, Any]:
    said = {"kind": "pain", "statement": "Fridays are lost to phone calls"}
    return fact("insight.recorded", subject=subject, uncovered_by=uncovered_by, **{**said, **more})


def step(stream: Told, proposed_by: str, **more: Any) -> dict[str, Any]:
    said = {"debtor": stream.me, "creditor": stream.me, "statement": "Call the night planner", "next_step": True}
    return fact("commitment.made", proposed_by_side=proposed_by, **{**said, **more})


def coached(stream: Told) -> Callable[[str], dict[str, Any]]:
    """A coach is there from day 0; makes their question through a lens."""
    stream.on(0, fact("participant.joined", party_id=stream.coach, side="coach", roles=["coach"]))
    asks = {"close": "When will this close?", "help": "How are you helping?", "learn": "What did you find out?"}
    who = {"coach": stream.coach, "coachee": stream.me}
    return lambda lens: fact("coaching.asked", lens=lens, question=asks[lens], **who)


def test_D1_an_intent_to_close_is_on_record(deal: Told) -> None:
    deal.on(1, fact("intent.declared", by=deal.me, intent="close", to=deal.buyer))
    found = deal.asks("conduct")
    assert (found["intents"]["close"], found["last_intent"]) == (1, "close")


def test_D2_a_coach_asks_about_closing_twice_and_about_helping_once(deal: Told) -> None:
    asked = coached(deal)
    deal.on(1, *map(asked, ("close", "help", "learn", "close")))
    (coach,) = deal.asks("conduct")["coaches"]
    assert (coach["coach"], coach["asked"], coach["help_lens_share"]) == (deal.coach, 4, 0.333333)


def test_D3_how_confidence_moved_beside_the_coachs_question(stream: Told) -> None:
    asked = coached(stream)
    for day, value, lens in ((1, 7, "close"), (3, 4, "help"), (5, 6, None)):
        stream.on(day, fact("confidence.stated", about="self_state", value=value))
        if lens is not None:
            stream.on(day + 1, asked(lens))
    rows = {one.pop("lens"): one for one in stream.asks("conduct")["lens_and_confidence"]}
    assert rows["close"] == {"asked": 1, "compared": 1, "rose": 0, "fell": 1, "same": 0}
    assert rows["help"] == {"asked": 1, "compared": 1, "rose": 1, "fell": 0, "same": 0}
    assert rows["learn"]["asked"] == 0


def test_D4_one_of_two_sessions_brought_sides_and_roles_together(deal: Told) -> None:
    expert, other = str(uuid4()), str(uuid4())
    deal.on(0, fact("participant.joined", party_id=expert, side="seller", roles=["expert"]))
    deal.on(0, fact("participant.joined", party_id=other, side="buyer", roles=["user"]))
    for day, people in ((1, [expert, other]), (2, [expert])):
        held = {"purpose": "working_session", "direction": "outbound", "initiated_by": deal.me}
        deal.on(day, fact("interaction.logged", participants=[deal.me, *people], **held))
    found = deal.asks("alignment")
    assert [(one["sides"], one["roles"], one["together"]) for one in found["sessions"]] == [
        (["seller", "buyer"], ["seller", "expert", "user"], True),
        (["seller"], ["seller", "expert"], False),
    ]
    assert found["collaboration"] == 0.5


def test_D5_three_of_four_insights_were_the_buyers_own(deal: Told) -> None:
    deal.on(1, *(insight(uncovered_by=who) for who in ("buyer", "seller", "buyer", "buyer")))
    assert deal.asks("conduct")["self_uncovered_share"] == 0.75


def test_D8_from_closing_to_helping(stream: Told) -> None:
    stream.on(1, fact("intent.declared", by=stream.me, intent="close"))
    stream.on(9, fact("intent.declared", by=stream.me, intent="help"))
    said = stream.asks("timeline")["header"]["intents"]
    assert [(one["intent"], one["was"], one["at"]) for one in said] == [
        ("close", None, moment(1)),
        ("help", "close", moment(9)),
    ]


def test_D10_the_seller_talks_asks_nothing_and_speaks_of_the_product(deal: Told) -> None:
    call = {"direction": "outbound", "initiated_by": deal.me, "participants": [deal.buyer]}
    deal.on(1, *(fact("interaction.logged", talk_share=share, **call) for share in (0.9, 0.7)))
    deal.on(2, fact("question.asked", text="Shall we sign on Friday?", asked_of=deal.buyer, intent="close"))
    deal.on(3, insight("product", "seller"), insight("market", "seller"), insight("seller", "seller"), insight())
    found = deal.asks("conduct")
    assert (found["listening"], found["talk_shares"], found["about_them_share"]) == (0.2, 2, 0.25)
    assert [one["intent"] for one in found["questions"] if one["asked"]] == ["close"]


def test_D13_a_conclusion_of_their_own_and_a_small_step_at_the_end(deal: Told) -> None:
    deal.on(1, insight(uncovered_by="seller", kind="conclusion", statement="You need us"))
    deal.on(2, insight(kind="conclusion", statement="We should try it in one depot"))
    deal.on(3, step(deal, "buyer", debtor=deal.buyer, stake="large", next_step=False))
    deal.on(4, step(deal, "buyer", debtor=deal.buyer, stake="small"))
    way = deal.asks("journey")
    assert (way["conclusion"]["statement"], way["conclusion"]["own"]) == ("We should try it in one depot", True)
    assert (way["last_commitment"]["size"], way["last_commitment"]["proposed_by_side"]) == ("small", "buyer")
    found = deal.asks("conduct")
    assert (found["own_conclusion_share"], found["last_commitment_stake"]) == (0.5, "small")


def test_D14_questions_asked_and_questions_answered(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    first, second = str(uuid4()), str(uuid4())
    for question in (first, second):
        asking = {"question_id": question, "text": "What would a good Friday be?", "asked_of": who, "intent": "help"}
        stream.on(1, fact("question.asked", **asking))
    stream.on(2, fact("question.answered", question_id=second, answer="One without the phone"))
    (row,) = [one for one in stream.asks("conduct")["questions"] if one["intent"] == "help"]
    assert (row["asked"], row["answered"]) == (2, 1)


def test_D15_half_of_the_next_steps_and_of_the_contacts_come_from_the_buyer(deal: Told) -> None:
    deal.on(1, step(deal, "seller"), step(deal, "buyer"))
    for direction, who in (("inbound", deal.buyer), ("outbound", deal.me)):
        deal.on(2, fact("interaction.logged", direction=direction, initiated_by=who))
    found = deal.asks("conduct")
    assert (found["buyer_pull"], found["buyer_initiated_share"]) == (0.5, 0.5)


def test_D15_who_asks_for_a_promise_proposed_it(deal: Told) -> None:
    promise = str(uuid4())
    asked = {"commitment_id": promise, "debtor": deal.me, "creditor": deal.buyer, "statement": "Bring a driver"}
    deal.on(1, fact("commitment.requested", **asked))
    deal.on(2, fact("commitment.made", next_step=True, **asked))
    assert deal.asks("conduct")["buyer_pull"] == 1.0


def test_D20_pull_from_the_other_side(stream: Told) -> None:
    theirs, ours = ("buyer", "seller") if stream.kind == "deal" else ("self", "coach")
    stream.on(1, step(stream, ours), step(stream, theirs), step(stream, theirs), step(stream, theirs))
    found = stream.asks("conduct")
    assert (found["buyer_pull"], found["next_steps_by_buyer"]) == (0.75, 3)
