"""Rows of essay A about what a prepared buyer knows, and what somebody trying to sell to oneself should know too."""

from collections.abc import Callable

import httpx

from tests.coverage.conftest import Told, fact, known_as


def known(topic: str, status: str, *, prompted: bool = False, **more: str) -> dict[str, object]:
    return fact("qualification.updated", topic=topic, status=status, prompted=prompted, **more)


def test_A2_one_vocabulary_for_the_doubts_of_buyers_and_of_oneself(stream: Told) -> None:
    doubter = stream.buyer if stream.kind == "deal" else stream.me
    said = {"dimension": "self", "category": "timing", "severity": "blocking", "raised_by": doubter}
    stream.on(1, fact("objection.raised", statement="I never kept at anything", **said))
    found = stream.asks("objections", day=9)
    (objection,) = found["objections"]
    assert (objection["raised_by"], objection["statement"]) == (doubter, "I never kept at anything")
    assert (objection["age_days"], objection["unaddressed"]) == (8.0, True)
    (group,) = found["by_dimension"]
    assert (group["value"], group["open"], found["open_blocking"]) == ("self", 1, 1)


def test_A3_five_topics_with_the_age_and_the_source_of_each(stream: Told) -> None:
    stream.on(
        1,
        known("spend", "stated", value="30,000 euros a year", source="Ruben, on the phone"),
        known("problem", "confirmed"),
        known("timeline", "assumed"),
    )
    found = stream.asks("discovery", day=4)
    assert {one["topic"]: one["status"] for one in found["topics"]} == {
        "spend": "stated",
        "problem": "confirmed",
        "cost_of_inaction": "unknown",
        "effort_people": "unknown",
        "timeline": "assumed",
    }
    assert (found["known"], found["coverage"]) == (2, 0.4)
    spend = found["topics"][0]
    assert (spend["value"], spend["source"]) == ("30,000 euros a year", "Ruben, on the phone")
    assert spend["age_days"] == 3.0
    assert found["topics"][2]["age_days"] is None


def test_A4_practice_in_buying_and_what_was_told_unasked(stream: Told) -> None:
    who, side = (stream.buyer, "buyer") if stream.kind == "deal" else (stream.me, "self")
    stream.on(
        1,
        fact("participant.joined", party_id=who, side=side, buying_experience="first_time"),
        known("spend", "stated"),
        known("problem", "stated", prompted=True),
    )
    found = stream.asks("discovery")
    assert {one["party_id"]: one["buying_experience"] for one in found["buyers"]} == {who: "first_time"}
    assert (found["volunteered"], found["asked_for"], found["buyer_readiness"]) == (1, 1, 0.2)


def test_A6_serious_is_what_was_confirmed_and_not_what_was_said(deal: Told) -> None:
    deal.on(1, known("spend", "stated"), known("problem", "confirmed"), known("timeline", "confirmed"))
    found = deal.asks("discovery")
    assert (found["seriousness"], found["coverage"]) == (0.4, 0.6)


def test_A14_what_is_said_against_what_is_chosen_is_open_until_somebody_asks(stream: Told) -> None:
    gap = {"kind": "said_vs_valued", "statement": "He says price", "said": "The lowest price", "valued": "No surprises"}
    who = {"subject": "buyer", "uncovered_by": "together"} if stream.kind == "deal" else {}
    who = who or {"subject": "self", "uncovered_by": "self"}
    (event,) = stream.on(1, fact("insight.recorded", insight_id=known_as("gap"), **gap, **who))
    found = stream.asks("discovery")
    (open_gap,) = found["gaps"]
    assert (found["gaps_open"], open_gap["said"], open_gap["valued"]) == (1, "The lowest price", "No surprises")
    assert [one["event_id"] for one in stream.asks("timeline")["entries"]][-1] == event
    answer = {"kind": "why", "statement": "He was fined once", "answers": known_as("gap"), **who}
    stream.on(2, fact("insight.recorded", **answer))
    assert stream.asks("discovery")["gaps_open"] == 0


def test_A23_confidence_that_dips_while_more_is_known_is_expected(stream: Told) -> None:
    stream.on(1, fact("confidence.stated", about="that we can do this", value=9))
    stream.on(3, known("cost_of_inaction", "stated"), known("effort_people", "stated"))
    stream.on(4, fact("confidence.stated", about="that we can do this", value=5))
    series = stream.asks("discovery")["confidence"]
    assert [(one["value"], one["known"], one["expected_dip"]) for one in series] == [(9, 0, False), (5, 2, True)]


def test_A23_confidence_that_dips_while_nothing_is_learned_is_not(deal: Told) -> None:
    for day, value in ((1, 9), (2, 5)):
        deal.on(day, fact("confidence.stated", about="that we can do this", value=value))
    assert [one["expected_dip"] for one in deal.asks("discovery")["confidence"]] == [False, False]


def test_A35_how_an_insight_was_come_by_and_who_recorded_it(
    a_goal: Callable[..., Told], a_program: httpx.Client
) -> None:
    goal = a_goal(visibility="team")
    seen = {"kind": "why", "subject": "self", "uncovered_by": "self", "visibility": "team"}
    written, _ = goal.on(
        1,
        fact("insight.recorded", statement="I want to be there for them", method="journal", **seen),
        fact("insight.recorded", statement="I was the one who left", method="therapy", **seen),
    )
    (found,) = goal.by(a_program).on(2, fact("insight.recorded", statement="It is belonging", method="ai", **seen))
    methods = goal.asks("timeline", day=2)["header"]["methods"]
    assert {one["method"]: one["insights"] for one in methods} == {"journal": 1, "therapy": 1, "ai": 1}
    recorded = {one["event_id"]: one["recorded_by"]["kind"] for one in goal.asks("audit", day=2)["entries"]}
    assert (recorded[written], recorded[found]) == ("person", "service")
