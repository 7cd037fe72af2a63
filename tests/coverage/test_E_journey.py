"""Rows of essay E: pauses in selling, the way planned from its end, and contacts that give before they ask."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx

from tests.coverage.conftest import Told, fact, moment


def contact(stream: Told, **more: Any) -> dict[str, Any]:
    return fact("interaction.logged", direction="outbound", initiated_by=stream.me, **more)


def mapped(stream: Told) -> tuple[str, str]:
    """A way with two milestones, from its end: the later one, then the earlier one due on day 10."""
    last, first = str(uuid4()), str(uuid4())
    side = "buyer" if stream.kind == "deal" else "self"
    milestones = [
        {"milestone_id": last, "name": "Every depot runs on it", "owner_side": side},
        {"milestone_id": first, "name": "One depot runs on it", "owner_side": side, "due": moment(10)},
    ]
    stream.on(1, fact("journey.mapped", end_state="Shifts fill themselves", milestones=milestones))
    return last, first


def test_E1_of_two_times_without_selling_one_was_kept(deal: Told) -> None:
    deal.on(1, fact("selling_pause.started"))
    deal.on(20, fact("selling_pause.ended"))
    deal.on(30, fact("selling_pause.started", until=moment(60)))
    assert [one["state"] for one in deal.asks("help")["pauses"]] == ["kept", "running"]
    pitch = deal.on(40, fact("feature.presented", feature="Live map"))
    found = deal.asks("help")
    assert [(one["state"], one["pitches"]) for one in found["pauses"]] == [("kept", []), ("broken", pitch)]
    assert found["pauses_kept"] == 1


def test_E2_the_way_planned_from_its_end(stream: Told) -> None:
    last, first = mapped(stream)
    way = stream.asks("journey", 12)
    assert (way["end_state"], way["next"]) == ("Shifts fill themselves", first)
    assert [(one["milestone_id"], one["state"], one["slip_days"]) for one in way["milestones"]] == [
        (last, "ahead", None),
        (first, "overdue", 2.0),
    ]
    assert way["forward"] == [first, last]
    stream.on(9, fact("milestone.reached", milestone_id=first))
    way = stream.asks("journey")
    assert (way["reached_share"], way["next"], way["milestones"][1]["slip_days"]) == (0.5, last, -1.0)


def test_E3_a_change_tried_on_one_step_and_what_came_of_it(stream: Told) -> None:
    _, first = mapped(stream)
    tried, running = str(uuid4()), str(uuid4())
    trying = {"milestone_id": first, "change": "Let a driver show it"}
    stream.on(2, *(fact("experiment.started", experiment_id=one, **trying) for one in (tried, running)))
    stream.on(5, fact("experiment.ended", experiment_id=tried, result="Three drivers signed up"))
    last, before = stream.asks("journey")["milestones"]
    assert last["experiments"] == []
    assert [(one["experiment_id"], one["result"], one["ended_at"]) for one in before["experiments"]] == [
        (tried, "Three drivers signed up", moment(5)),
        (running, None, None),
    ]


def test_E4_questions_asked_to_learn_and_interviews(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    asking = {"text": "What does a bad Friday look like?", "asked_of": who}
    stream.on(1, *(fact("question.asked", intent=intent, **asking) for intent in ("learn", "learn", "sell")))
    stream.on(2, contact(stream, purpose="interview"))
    found = stream.asks("discovery")
    assert (found["questions_to_learn"], found["questions_to_learn_answered"], found["interviews"]) == (2, 0, 1)
    assert {one["intent"]: one["asked"] for one in stream.asks("conduct")["questions"]}["learn"] == 2


def test_E5_saying_first_that_one_wants_to_sell(deal: Told) -> None:
    deal.on(1, fact("intent.declared", by=deal.me, intent="sell", to=deal.buyer))
    deal.on(3, fact("feature.presented", feature="Three taps"))
    found = deal.asks("help")
    assert (found["selling_disclosed_at"], found["first_pitch_at"]) == (moment(1), moment(3))
    assert found["disclosed_first"] is True


def test_E6_three_of_four_contacts_gave_the_buyer_something(deal: Told) -> None:
    deal.on(1, *(contact(deal, value_given=given) for given in (True, True, False, True)))
    assert deal.asks("help")["value_share"] == 0.75


def test_E7_a_relationship_that_is_longer_than_one_sale(a_deal: Callable[..., Told]) -> None:
    deals = first, second = a_deal(), a_deal()
    second.on(0, fact("participant.joined", party_id=first.buyer, side="buyer", roles=["buyer"]))
    for deal in deals:
        promise = str(uuid4())
        between = {"commitment_id": promise, "debtor": first.buyer, "creditor": deal.me}
        deal.on(1, fact("commitment.made", statement="Bring two drivers", **between))
        deal.on(2, fact("commitment.fulfilled", commitment_id=promise))
    second.on(3, contact(second, ask=False), contact(second, ask=True), contact(second, ask=False))
    assert second.asks("help")["no_ask_share"] == 0.666667
    trust = second.asks("/v1/parties/{party_id}/trust", 2, party_id=first.buyer)["trust"]
    assert trust["streams"] == 2
    (own,) = [one for one in trust["dimensions"] if one["streams"]]
    assert (own["dimension"], own["streams"], own["largest_share"]) == ("self", 2, 0.5)
    assert (own["evidence_for"], own["score"]) == (2.0, 0.75)  # the seller vouches for both: the other side does


def test_E8_three_of_four_contacts_asked_for_something(deal: Told) -> None:
    for day, ask in ((1, True), (2, False), (3, True)):
        deal.on(day, contact(deal, ask=ask))
    assert deal.signal("ask_ratio_high") is None
    deal.on(4, contact(deal, ask=True))
    told = deal.signal("ask_ratio_high")
    assert (told["value"], told["since"], told["answered_by"]) == (0.75, moment(4), "help.given")
    assert deal.signal("ask_ratio_high", 91) is None  # the first of the four is 90 days ago


def test_E9_listening_more_than_talking(deal: Told) -> None:
    deal.on(1, *(contact(deal, talk_share=share) for share in (0.2, 0.4)), contact(deal))
    found = deal.asks("conduct")
    assert (found["listening"], found["talk_shares"], found["contacts"]) == (0.7, 2, 3)


def test_E10_help_that_no_sale_depends_on(stream: Told) -> None:
    to, house = (stream.buyer, "seller") if stream.kind == "deal" else (stream.coach, "self")
    if stream.kind == "goal":
        stream.on(0, fact("participant.joined", party_id=to, side="coach", roles=["coach"]))
    stream.on(1, fact("help.given", to=to, kind="introduction", outside_sale=True))
    stream.on(2, fact("help.given", to=to, kind="advice"))
    found = stream.asks("help")
    assert (found["given"], found["outside_sale"]) == (2, 1)
    (row,) = stream.trust(house)["rows"]
    assert (row["case"], row["weight_for"], row["starts_at"]) == ("given", 0.125, moment(1))


def test_E11_help_counts_in_full_once_the_other_side_found_it_useful(
    deal: Told, by: Callable[[str], httpx.Client]
) -> None:
    theirs, help_id = deal.by(by("owner")), str(uuid4())
    deal.on(0, fact("participant.joined", party_id=theirs.me, side="buyer", roles=["user"]))
    deal.on(1, fact("help.given", help_id=help_id, to=theirs.me, kind="advice", outside_sale=True))
    assert deal.trust("seller")["rows"][0]["weight_for"] == 0.125
    theirs.on(1, fact("help.confirmed", help_id=help_id, by=theirs.me, useful=True))
    ledger = deal.asks("help")
    assert (ledger["confirmed"], ledger["help"][0]["useful"]) == (1, True)
    trust = deal.trust("seller")
    assert [(row["case"], row["weight_for"]) for row in trust["rows"]] == [("useful", 0.5)]
    assert trust["score"] == 0.6


def test_E12_to_learn_first_before_helping_or_selling(a_deal: Callable[..., Told]) -> None:
    first = []
    for order in (("learn", "help", "sell"), ("sell", "learn")):
        deal = a_deal()
        assert deal.asks("conduct")["learned_first"] is None
        for day, intent in enumerate(order, start=1):
            deal.on(day, fact("intent.declared", by=deal.me, intent=intent))
        first.append(deal.asks("conduct")["learned_first"])
    assert first == [True, False]


def test_E13_the_end_of_a_deal_is_a_fact_like_any_other(deal: Told) -> None:
    deal.on(5, fact("deal.closed", outcome="lost", reason="Too dear"))
    state = deal.asks("state")["state"]
    assert (state["open"], state["closed"]["outcome"], state["closed"]["at"]) == (False, "lost", moment(5))


def test_E13_the_end_of_a_goal_is_a_fact_like_any_other(goal: Told) -> None:
    goal.on(5, fact("goal.status_changed", lifecycle="completed", achievement="achieved"))
    state = goal.asks("state")["state"]
    assert (state["open"], state["status"], state["achievement"]) == (False, "completed", "achieved")
