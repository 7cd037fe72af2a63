"""What voids took out of trust."""

from domain.stream import Stream, fold
from projections.trust.voided import VoidedEvidence, VoidedTrust, voided_trust
from projections.view import View
from tests.domain.telling import Story, a_deal, day, fact, on_promise, promise, voided
from tests.projections.standing import standing


def as_if_nothing_was_voided(story: Story) -> Stream:
    return fold(story.stream.stream_id, [one.fact for one in story.records if one.fact.type != "event.voided"])


def taken_out(story: Story, number: float) -> VoidedTrust:
    return voided_trust(View(standing(story), day(number)), View(as_if_nothing_was_voided(story), day(number)))


def test_nothing_voided_takes_nothing() -> None:
    assert taken_out(a_deal(promise("p", due_at=day(1).isoformat())), 5) == VoidedTrust(facts=0, dimensions=[])


def test_how_many_facts_and_how_much_evidence_were_voided() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()))
    wrong = [
        story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", day=0))[0],
        story.tell(fact("note.recorded", text="Wrong deal"))[0],
    ]
    story.tell(*(voided(one.event_id) for one in wrong), at=day(1))
    expected = VoidedEvidence(dimension="seller", evidence_for=0, evidence_against=0.5)
    assert taken_out(story, 90) == VoidedTrust(facts=2, dimensions=[expected])


def test_voiding_what_ended_a_breach_brings_the_breach_back() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()))
    kept = story.tell(on_promise("fulfilled", "p", day=5), at=day(9))[0]
    story.tell(voided(kept.event_id), at=day(9))
    expected = VoidedEvidence(dimension="seller", evidence_for=0.25, evidence_against=-1)
    assert taken_out(story, 95) == VoidedTrust(facts=1, dimensions=[expected])
