"""Rows of essay C that a signal answers: quiet, stalemates, a yes too early, haggling, effort that teaches nothing."""

from uuid import uuid4

from tests.coverage.conftest import Told, fact, moment


def test_C3_quiet_after_a_deferral(deal: Told) -> None:
    said = {"scope": "timing", "kind": "deferral", "said_by": deal.buyer, "statement": "Let us think about it"}
    deferral = deal.on(3, fact("no.received", **said))
    assert deal.signal("silence_after_hesitation", 9) is None
    told = deal.signal("silence_after_hesitation", 10)
    assert (told["since"], told["evidence"][0]) == (moment(10), deferral[0])
    assert told["answered_by"] == "hesitation.cleared"


def test_C5_five_contacts_and_nothing_learned(deal: Told) -> None:
    learned = {"kind": "pain", "statement": "Fridays", "subject": "buyer", "uncovered_by": "buyer"}
    deal.on(1, fact("insight.recorded", **learned))
    call = fact("interaction.logged", direction="outbound", initiated_by=deal.me, participants=[deal.buyer])
    for day in range(2, 6):
        deal.on(day, call)
    assert deal.signal("effort_without_learning") is None
    deal.on(6, call)
    told = deal.signal("effort_without_learning")
    assert (told["value"], told["since"]) == (5.0, moment(6))
    deal.on(7, fact("insight.recorded", **learned))
    assert deal.signal("effort_without_learning") is None


def test_C9_haggling_after_features_that_nobody_asked_for(deal: Told) -> None:
    deal.on(1, fact("feature.presented", feature="Map", requested=False))
    deal.on(2, fact("feature.presented", feature="Chat", requested=False))
    hesitation = deal.on(16, fact("hesitation.noticed", signal="price_negotiation"))
    assert deal.signal("price_pressure_after_unasked") is None
    sooner = deal.on(15, fact("hesitation.noticed", signal="price_negotiation"))
    told = deal.signal("price_pressure_after_unasked", 15)
    assert (told["value"], told["since"], told["evidence"][0]) == (1.0, moment(15), sooner[0])
    assert hesitation[0] not in told["evidence"]


def test_C10_both_sides_wait_for_an_answer(deal: Told) -> None:
    question, asked = str(uuid4()), {"creditor": deal.buyer, "debtor": deal.me, "statement": "Send three references"}
    asking = {"question_id": question, "text": "Who signs?", "asked_of": deal.buyer, "intent": "learn"}
    ours = deal.on(1, fact("question.asked", **asking))
    theirs = deal.on(2, fact("commitment.requested", **asked))
    assert deal.signal("stalemate", 9) is None
    assert deal.signal("stalemate", 9.5)["evidence"] == [*ours, *theirs]
    deal.on(9.4, fact("question.answered", question_id=question, answer="Ines does"))
    assert deal.signal("stalemate", 9.5) is None


def test_C15_silence_after_an_unaddressed_hesitation(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    hesitation = stream.on(1, fact("hesitation.noticed", signal="vagueness"))
    doubt = {"dimension": "process", "category": "risk", "statement": "Who moves the old rosters?", "raised_by": who}
    objection = stream.on(2, fact("objection.raised", **doubt))
    assert stream.signal("silence_after_hesitation", 8.9) is None
    told = stream.signal("silence_after_hesitation", 9)
    assert (told["since"], set(told["evidence"])) == (moment(9), {*hesitation, *objection})
    assert stream.signal("unexplained_silence", 9) is None


def test_C16_a_yes_while_a_blocking_objection_is_open(stream: Told) -> None:
    who = stream.buyer if stream.kind == "deal" else stream.me
    doubt = {"dimension": "product", "category": "fit", "statement": "It cannot plan nights", "raised_by": who}
    blocking = stream.on(1, fact("objection.raised", severity="blocking", **doubt))
    yes = stream.on(2, fact("commitment.made", debtor=who, creditor=stream.me, statement="I will sign"))
    told = stream.signal("premature_yes")
    assert (told["value"], told["evidence"]) == (1.0, [*yes, *blocking])


def test_C16_a_yes_before_three_topics_are_known(deal: Told) -> None:
    signs = fact("commitment.made", debtor=deal.buyer, creditor=deal.me, statement="I will sign")
    for topic in ("problem", "timeline"):
        deal.on(1, fact("qualification.updated", topic=topic, status="stated"))
    early = deal.on(2, signs)
    deal.on(3, fact("qualification.updated", topic="spend", status="confirmed"))
    deal.on(4, signs)
    told = deal.signal("premature_yes")
    assert (told["value"], told["evidence"]) == (1.0, early)
