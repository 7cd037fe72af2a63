"""Rows of essay D about pressure, noes made easy, quiet that nothing explains, and trust as people rate it."""

from typing import Any
from uuid import uuid4

from tests.coverage.conftest import Told, fact, moment


def insight(**more: Any) -> dict[str, Any]:
    said = {"kind": "pain", "statement": "Fridays", "subject": "buyer", "uncovered_by": "buyer"}
    return fact("insight.recorded", **{**said, **more})


def a_no(deal: Told, kind: str) -> dict[str, Any]:
    return fact("no.received", scope="deal", kind=kind, said_by=deal.buyer, statement="Not now")


def test_D6_pressure_was_applied_three_times(deal: Told) -> None:
    for day, kind in ((1, "chasing"), (2, "persuasion"), (3, "chasing")):
        deal.on(day, fact("pressure.applied", kind=kind, beneficiary="seller"))
    deal.on(4, fact("help.given", to=deal.buyer, kind="advice"))
    found = deal.asks("help")
    assert (found["pressure"], found["help_share"]) == (3, 0.25)
    assert {one["kind"]: one["count"] for one in found["pressure_by_kind"]} == {"chasing": 2, "persuasion": 1}


def test_D7_the_buyer_tells_more_after_a_no_was_invited(deal: Told) -> None:
    question = str(uuid4())
    deal.on(1, insight())  # more than 14 days before
    deal.on(10, insight())
    deal.on(20, fact("no.invited", by=deal.me))
    asking = {"question_id": question, "text": "What else?", "asked_of": deal.buyer, "intent": "learn"}
    deal.on(21, fact("question.asked", **asking))
    deal.on(22, insight(), insight(), insight(uncovered_by="seller"), insight(answers=question))
    deal.on(34, insight())
    deal.on(35, insight())  # more than 14 days after
    found = deal.asks("noes")
    assert [(one["before"], one["after"]) for one in found["invitations"]] == [(1, 3)]
    assert found["openness"] == 2.0


def test_D9_message_after_message_without_an_answer(deal: Told) -> None:
    mail = fact("interaction.logged", channel="email", direction="outbound", initiated_by=deal.me)
    deal.on(1, mail)
    deal.on(2, fact("interaction.logged", channel="email", direction="inbound", initiated_by=deal.buyer))
    deal.on(3, mail)
    deal.on(4, mail)
    assert deal.signal("chasing") is None
    deal.on(5, mail)
    told = deal.signal("chasing")
    assert (told["value"], told["since"], told["answered_by"]) == (3.0, moment(5), "no.invited")


def test_D11_one_of_three_features_touches_the_buyers_own_problem(deal: Told) -> None:
    problem = str(uuid4())
    deal.on(1, insight(insight_id=problem))
    link = [{"kind": "insight", "id": problem}]
    deal.on(2, fact("feature.presented", feature="Three taps", linked_to=link))
    deal.on(3, *(fact("feature.presented", feature=one) for one in ("Live map", "Chat")))
    found = deal.asks("requirements")
    assert found["relevance"] == 0.333333
    assert found["features"][0]["linked_to"] == link


def test_D12_how_long_the_first_no_took_and_the_final_one(deal: Told) -> None:
    ours = {"scope": "price", "kind": "final", "said_by": deal.me, "statement": "Not below cost"}
    deal.on(2, fact("no.received", **ours))
    deal.on(4.5, a_no(deal, "deferral"))
    deal.on(18, a_no(deal, "final"))
    found = deal.asks("noes")
    assert (found["time_to_first_no_days"], found["time_to_final_no_days"]) == (4.5, 18.0)
    assert deal.asks("noes", 10)["time_to_final_no_days"] is None


def test_D16_who_the_seller_is_and_trust_as_people_rate_it(stream: Told) -> None:
    dimension = "seller" if stream.kind == "deal" else "self"
    stream.on(1, fact("identity.stated", party_id=stream.me, statement="I mend broken weeks", about="is"))
    stream.on(1, fact("identity.stated", party_id=stream.me, statement="A teacher", about="becoming"))
    (mine,) = [one for one in stream.asks("motives")["parties"] if one["party_id"] == stream.me]
    assert (mine["identity"]["statement"], mine["becoming"]["statement"]) == ("I mend broken weeks", "A teacher")
    stream.on(2, fact("trust.rated", dimension=dimension, rating=8))
    found = stream.asks("calibration")
    (rating,) = found["ratings"]
    assert (rating["by"], rating["rated"], rating["computed"]) == (stream.me, 0.8, 0.5)
    assert found["rated_minus_computed"] == {dimension: 0.3}


def test_D17_quiet_that_nothing_on_record_explains(deal: Told) -> None:
    deal.on(1, fact("note.recorded", text="They said they were glad"))
    assert deal.signal("unexplained_silence", 6.9) is None
    told = deal.signal("unexplained_silence", 7)
    assert (told["since"], told["answered_by"]) == (moment(7), "hesitation.noticed")
    assert told["question"].endswith("?")
    deal.on(7, fact("hesitation.noticed", signal="vagueness"))
    assert deal.signal("unexplained_silence") is None
    assert deal.signal("silence")["since"] == moment(7)


def test_D17_a_close_for_a_reason_that_nobody_knows_is_asked_about(deal: Told) -> None:
    deal.on(3, fact("deal.closed", outcome="no_decision", reason_code="unknown"))
    found = deal.asks("right-deal", 17)
    assert (found["reason_code"], found["explained"]) == ("unknown", False)
    assert deal.signal("closed_unexplained", 17)["answered_by"] == "decision.explained"
