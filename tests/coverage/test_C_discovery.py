"""Rows of essay C about what was found out: struggles, progress, forces, assumptions, and who found it."""

from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact, moment


def insight(kind: str = "pain", subject: str = "buyer", **more: Any) -> dict[str, Any]:
    said = {"kind": kind, "subject": subject, "uncovered_by": "buyer", "statement": "Fridays are lost to phone calls"}
    return fact("insight.recorded", **{**said, **more})


def force(kind: str, intensity: int, **more: Any) -> dict[str, Any]:
    return fact("force.observed", force=kind, intensity=intensity, statement="As they said", **more)


def test_C6_two_features_were_shown_before_anything_was_known_of_the_buyer(deal: Told) -> None:
    deal.on(1, insight(subject="product"), *(fact("feature.presented", feature=one) for one in ("Map", "Chat")))
    deal.on(2, insight())
    deal.on(3, fact("feature.presented", feature="Roster"))
    assert deal.asks("conduct")["features_before_insights"] == 2


def test_C7_who_found_it_out_and_whether_it_was_said_or_guessed(stream: Told) -> None:
    own, subject = ("buyer", "buyer") if stream.kind == "deal" else ("self", "self")
    stream.on(1, insight(uncovered_by=own, subject=subject, basis="stated"))
    stream.on(2, insight(uncovered_by="together", subject=subject, basis="stated"))
    stream.on(3, insight(uncovered_by="seller", subject=subject, basis="inferred"))
    found = stream.asks("conduct")
    assert {who: count for who, count in found["uncovered_by"].items() if count} == {own: 1, "together": 1, "seller": 1}
    assert (found["self_uncovered_share"], found["insights_stated"], found["insights_inferred"]) == (0.333333, 2, 1)


def test_C11_from_where_to_where_somebody_wants_to_get(stream: Told) -> None:
    way = {"from_state": "The phone rings all night", "to_state": "Shifts fill themselves"}
    stream.on(1, insight("progress", **way))
    (above,) = stream.asks("timeline")["header"]["progress"]
    assert {name: above[name] for name in way} == way
    wanted = stream.asks("right-deal")["progress"]
    assert {name: wanted[name] for name in way} == way


def test_C12_push_pull_anxiety_and_habit_add_up(stream: Told) -> None:
    fear = str(uuid4())
    stream.on(1, force("push", 4), force("push", 2), force("pull", 5), force("anxiety", 3), force("habit", 3))
    assert stream.asks("forces")["missing"] == []
    stream.on(2, force("anxiety", 4, force_id=fear))
    found = stream.asks("forces")
    assert [found[name] for name in ("push", "pull", "anxiety", "habit", "net", "moves")] == [6, 5, 7, 3, 1, True]
    stream.on(3, fact("force.changed", force_id=fear, intensity=0, because="A driver tried it"))
    assert (stream.asks("forces")["net"], stream.asks("forces", 2)["net"]) == (5, 1)


def test_C13_the_stages_in_which_people_buy(deal: Told) -> None:
    stages = ["first_thought", "passive_looking", "active_looking"]
    for day, stage in enumerate(stages, start=1):
        deal.on(day, fact("stage.entered", stage=stage))
    state = deal.asks("state")["state"]
    assert (state["stage"], state["stage_entered_at"]) == ("active_looking", moment(3))
    reached = deal.asks("timeline")["header"]["stages"]
    assert [(one["stage"], one["at"]) for one in reached] == [
        (stage, moment(day)) for day, stage in enumerate(stages, start=1)
    ]


def test_C14_contacts_dealt_with_pull_and_passed_over_habit(deal: Told) -> None:
    pull, anxiety, habit = (str(uuid4()) for _ in range(3))
    deal.on(
        1, force("pull", 5, force_id=pull), force("anxiety", 4, force_id=anxiety), force("habit", 4, force_id=habit)
    )
    call = {"direction": "outbound", "initiated_by": deal.me}
    for addresses in ([pull], [pull, anxiety], [pull], [anxiety], []):
        deal.on(2, fact("interaction.logged", addresses=addresses, **call))
    found = deal.asks("forces")
    assert {one["force"]: one["addressed"] for one in found["forces"]} == {"pull": 3, "anxiety": 2, "habit": 0}
    assert (found["pull_bias"], found["attention"]["habit"], found["attention"]["contacts"]) == (0.75, 0.0, 4)


def test_C20_questions_asked_and_talk_left_to_the_other(deal: Told) -> None:
    asking = {"text": "What happened last Friday?", "asked_of": deal.buyer}
    deal.on(1, *(fact("question.asked", intent=intent, **asking) for intent in ("learn", "learn", "close")))
    call = {"direction": "outbound", "initiated_by": deal.me, "participants": [deal.buyer]}
    deal.on(2, *(fact("interaction.logged", talk_share=share, **call) for share in (0.3, 0.5)))
    found = deal.asks("conduct")
    assert {one["intent"]: one["asked"] for one in found["questions"]} == {"learn": 2, "help": 0, "close": 1, "sell": 0}
    assert found["listening"] == 0.6


def test_C22_two_things_were_known_before_the_first_feature(deal: Told) -> None:
    confirmed = str(uuid4())
    deal.on(1, insight(basis="stated"), insight(basis="inferred"), insight(basis="inferred", insight_id=confirmed))
    deal.on(2, fact("insight.confirmed", insight_id=confirmed, by=deal.buyer))
    deal.on(3, fact("feature.presented", feature="Three taps"))
    deal.on(4, insight(basis="stated"))
    assert deal.asks("conduct")["discovery_depth_before_pitch"] == 2


def test_C23_a_struggle_told_without_the_product(deal: Told) -> None:
    deal.on(1, insight("struggling_moment", mentions_product=False))
    deal.on(2, insight("struggling_moment", mentions_product=True))
    found = deal.asks("discovery")
    assert found["struggles_apart_from_product"] == 1
    assert [one["mentions_product"] for one in found["struggling_moments"]] == [False, True]


def test_C24_half_of_the_tested_assumptions_were_wrong(deal: Told) -> None:
    held, wrong, untested = (str(uuid4()) for _ in range(3))
    deal.on(1, *(fact("assumption.recorded", assumption_id=one, statement="So") for one in (held, wrong, untested)))
    deal.on(2, fact("assumption.tested", assumption_id=held, result="held"))
    deal.on(3, fact("assumption.tested", assumption_id=wrong, result="wrong"))
    found = deal.asks("conduct")
    assert (found["wrong_assumption_share"], found["assumptions_untested"]) == (0.5, 1)


def test_C25_struggles_progress_and_trade_offs(stream: Told) -> None:
    trade = {"give": "An evening a week", "get": "Quiet Fridays"}
    stream.on(1, insight("struggling_moment"), insight("progress"), insight("tradeoff", **trade), insight("tradeoff"))
    found = stream.asks("discovery")
    counted = {kind: count for kind, count in found["insights"].items() if count}
    assert counted == {"struggling_moment": 1, "progress": 1, "tradeoff": 2}
    assert {name: found["tradeoffs"][0][name] for name in trade} == trade
