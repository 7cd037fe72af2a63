"""The audit: who recorded what, when and for whom, and what became of it afterwards."""

from typing import Any

import msgspec

from domain.events.record import ContentErased
from domain.facts import ERASED, Actor, Recorded, Visibility
from domain.stream import fold
from projections.audit import Audit
from projections.audit_entries import AuditEntry, AuditTotals, Correction, Erasure, Recorder, Void, Widening
from projections.sentences import Teller
from tests.domain.telling import (
    BUYER,
    DEAL,
    SELLER,
    THE_COLLEAGUE,
    Story,
    a_deal,
    corrected,
    day,
    fact,
    noted,
    objection,
    voided,
)


def audit(story: Story, records: list[Recorded] | None = None) -> Audit:
    found = story.records if records is None else records
    stream = fold(DEAL, [record.fact for record in found])
    return Audit(found, stream, Teller(stream))


def entries(story: Story, **asked: Any) -> list[AuditEntry]:
    return list(audit(story).entries(**asked))


def test_every_fact_says_who_recorded_it_when_and_for_whom() -> None:
    deal = a_deal()
    deal.tell(objection("o", day=1), by=THE_COLLEAGUE, at=day(2))
    last = entries(deal)[-1]
    assert (last.stream_version, last.position, last.type) == (5, 4, "objection.raised")
    assert (last.recorded_by, last.acting_party, last.on_behalf) == (Actor(THE_COLLEAGUE.party_id), BUYER, True)
    assert (last.occurred_at, last.recorded_at, last.late_days) == (day(1), day(2), None)
    assert (last.attestation, last.visibility, last.visible_now, last.erased) == ("self", "team", "team", False)
    assert (last.voided_by, last.corrected_by, last.change, last.device_id) == (None, None, None, None)
    assert last.summary == "The buyer raised an objection about the process: “Not in the season”"
    assert last.event_id == deal.records[-1].fact.event_id
    assert not entries(deal)[0].on_behalf


def test_late_is_more_than_forty_eight_hours() -> None:
    deal = a_deal()
    deal.tell(noted(day=1), at=day(3))
    deal.tell(noted(day=1), at=day(3.5))
    assert [one.late_days for one in entries(deal)[-2:]] == [None, 2.5]
    assert [one.stream_version for one in entries(deal, only="late")] == [6]


def test_a_correction_shows_before_and_after_and_so_does_the_next() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted("one"))
    (first,) = deal.tell(corrected(note.event_id, {"text": "two"}))
    (second,) = deal.tell(corrected(note.event_id, {"text": "three"}))
    deal.tell(voided(second.event_id))
    (third,) = deal.tell(corrected(note.event_id, {"text": "four"}))
    changes = [one.change for one in entries(deal, only="correction")]
    assert changes[0] == Correction(
        target_event_id=note.event_id, before={"text": "one"}, after={"text": "two"}, reason="Misheard"
    )
    assert [(one.before, one.after) for one in changes if isinstance(one, Correction)][1:] == [
        ({"text": "two"}, {"text": "three"}),
        ({"text": "two"}, {"text": "four"}),
    ]
    by_id = {one.event_id: one for one in entries(deal)}
    assert by_id[note.event_id].corrected_by == third.event_id
    assert by_id[second.event_id].voided_by is not None
    assert by_id[first.event_id].voided_by is None


def test_a_void_shows_what_it_took_out() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted("wrong"))
    deal.tell(corrected(note.event_id, {"text": "less wrong"}))
    (void,) = deal.tell(voided(note.event_id))
    (entry,) = entries(deal, only="void")
    assert entry.change == Void(
        target_event_id=note.event_id, target={"text": "less wrong"}, reason="On the wrong deal"
    )
    assert {one.event_id: one.voided_by for one in entries(deal)}[note.event_id] == void.event_id


def test_a_widening_shows_from_what_to_what() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted(visibility="private"))
    for to in ("team", "shared"):
        deal.tell(fact("visibility.widened", target_event_id=note.event_id, to=to))
    assert [one.change for one in entries(deal, only="widening")] == [
        Widening(target_event_id=note.event_id, was=Visibility.PRIVATE, now=Visibility.TEAM),
        Widening(target_event_id=note.event_id, was=Visibility.TEAM, now=Visibility.SHARED),
    ]
    widened = {one.event_id: one for one in entries(deal)}[note.event_id]
    assert (widened.visibility, widened.visible_now) == ("private", "shared")


def test_an_erasure_is_told_and_so_is_what_it_emptied() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted(ERASED))
    (stand_in,) = deal.tell(noted())
    erasure = msgspec.structs.replace(
        stand_in,
        type="content.erased",
        data=msgspec.convert(
            {"scope": "event", "target_event_id": note.event_id, "reason": "Asked for"}, type=ContentErased
        ),
    )
    records = [*deal.records[:-2], msgspec.structs.replace(deal.records[-2], erased=True)]
    records.append(msgspec.structs.replace(deal.records[-1], fact=erasure))
    emptied, last = list(audit(deal, records).entries())[-2:]
    assert (emptied.erased, emptied.summary) == (True, "A note")
    assert last.change == Erasure(scope="event", target_event_id=note.event_id, party_id=None, reason="Asked for")
    totals = audit(deal, records).totals()
    assert (totals.erasures, totals.erased) == (1, 1)


def test_what_it_comes_to() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted(day=0), at=day(5))
    deal.tell(objection("o"), by=THE_COLLEAGUE, at=day(5))
    deal.tell(voided(note.event_id), at=day(5))
    assert audit(deal).totals() == AuditTotals(
        facts=7,
        late=1,
        corrections=0,
        voids=1,
        erasures=0,
        widenings=0,
        erased=0,
        recorders=[
            Recorder(party_id=SELLER, kind="person", facts=6, on_behalf=0, late=1),
            Recorder(party_id=THE_COLLEAGUE.party_id, kind="person", facts=1, on_behalf=1, late=0),
        ],
    )


def test_pages_in_both_directions() -> None:
    deal = a_deal(noted(), noted())
    assert [one.stream_version for one in entries(deal, after=4)] == [5, 6]
    assert [one.stream_version for one in entries(deal, after=3, backward=True)] == [2, 1]
    assert list(audit(Story(DEAL)).entries()) == []
    assert audit(Story(DEAL)).totals().recorders == []


def test_what_refers_to_a_hidden_fact_tells_only_what_is_seen() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted("one", visibility="private"))
    deal.tell(fact("visibility.widened", target_event_id=note.event_id, to="team"))
    seen = [record for record in deal.records if record.fact.event_id != note.event_id]
    last = list(audit(deal, seen).entries())[-1]
    assert last.change == Widening(target_event_id=note.event_id, was=None, now=Visibility.TEAM)
