"""Rows of essay A about value: is it worth it, is it me, would I buy it, and how long ago that was brought to mind."""

from typing import Any

from tests.coverage.conftest import Told, fact, known_as


def checked(question: str, answer: str, **more: Any) -> dict[str, Any]:
    return fact("value_check.answered", question=question, answer=answer, **more)


def test_A28_the_latest_answer_to_each_of_three_with_its_age_and_trend(stream: Told) -> None:
    stream.on(1, checked("worth_it", "yes", score=8), checked("aligned", "unsure"))
    stream.on(5, checked("worth_it", "unsure", score=5, because="It takes every evening"))
    found = {one["question"]: one for one in stream.asks("value-filter", day=7)["questions"]}
    worth, aligned, follow = (found[name] for name in ("worth_it", "aligned", "follow_through"))
    assert (worth["answer"], worth["score"], worth["because"]) == ("unsure", 5, "It takes every evening")
    assert (worth["age_days"], worth["trend"], worth["answers"]) == (2.0, "down", 2)
    assert (aligned["answer"], aligned["age_days"], aligned["trend"]) == ("unsure", 6.0, None)
    assert (follow["answer"], follow["answers"]) == (None, 0)


def test_A29_what_was_never_answered_is_asked_next(stream: Told) -> None:
    assert set(stream.asks("value-filter")["unanswered"]) == {"worth_it", "aligned", "follow_through"}
    stream.on(1, checked("worth_it", "no"))
    found = stream.asks("value-filter")
    assert found["unanswered"] == ["aligned", "follow_through"]
    assert found["next_question"].endswith("?")
    offered = [one for one in stream.asks("questions")["questions"] if one["reason"] == "value_unanswered"]
    assert [one["about"] for one in offered] == ["aligned", "follow_through"]
    assert {one["answered_by"] for one in offered} == {"value_check.answered"}


def test_A42_whether_it_agrees_with_who_i_want_to_be_comes_first_on_a_goal(stream: Told) -> None:
    stream.on(1, checked("worth_it", "yes"), checked("aligned", "yes", score=9, because="I want to be there"))
    questions = stream.asks("value-filter")["questions"]
    first = ["aligned", "worth_it"] if stream.kind == "goal" else ["worth_it", "aligned"]
    assert [one["question"] for one in questions] == [*first, "follow_through"]
    (aligned,) = [one for one in questions if one["question"] == "aligned"]
    assert (aligned["answer"], aligned["score"], aligned["because"]) == ("yes", 9, "I want to be there")


def test_A43_how_long_ago_a_value_was_brought_to_mind(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    said = {"party_id": who, "layer": "relational", "polarity": "served", "statement": "Home by six"}
    stream.on(1, fact("motive.recorded", motive_id=known_as("home"), **said))
    assert stream.asks("value-filter")["since_reaffirmed_days"] is None
    stream.on(2, fact("value.reaffirmed", target=known_as("home"), how="Told over lunch"))
    stream.on(4, fact("value.reaffirmed", target=known_as("home"), how="A photo on the desk"))
    found = stream.asks("value-filter", day=9)
    assert found["since_reaffirmed_days"] == 5.0
    (recalled,) = found["reaffirmed"]
    assert (recalled["target"], recalled["times"]) == (str(known_as("home")), 2)
    assert (recalled["since_days"], recalled["how"]) == (5.0, "A photo on the desk")


def test_A45_would_i_buy_it_and_what_is_missing_is_an_objection_to_raise(stream: Told) -> None:
    offer = "Twelve depots at once" if stream.kind == "deal" else "Four evenings a week"
    stream.on(1, fact("buy_check.answered", offer=offer, answer="not_yet", missing="Nobody to ask at night"))
    found = stream.asks("value-filter")
    (asked,) = found["buy_checks"]
    assert (found["would_buy"], found["suggestions"], asked["offer"]) == ("not_yet", 1, offer)
    suggested = asked["suggestion"]
    assert (suggested["statement"], suggested["raised_by"]) == ("Nobody to ask at night", stream.me)
    cause = suggested.pop("causation_id")
    stream.on(2, fact("objection.raised", causation_id=cause, **suggested))
    assert stream.asks("value-filter")["suggestions"] == 0
    stream.on(3, fact("buy_check.answered", offer=offer, answer="yes"))
    found = stream.asks("value-filter")
    assert ([one["answer"] for one in found["buy_checks"]], found["would_buy"]) == (["not_yet", "yes"], "yes")
