"""Between stored events and objects: each type of the vocabulary, other applications' events, what erasing leaves."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from eventsourcing.persistence import JSONTranscoder, MapperDeserialisationError, StoredEvent

from domain.events import CATALOGUE, EventType
from domain.facts import Recorded, stream_uuid
from service.eventsourcing import LedgerMapper, OpaqueFact, RecordedFact
from tests.ledger.test_parts import fact_of

RECORDED_AT = datetime(2026, 3, 2, 9, 30, 1, tzinfo=UTC)


@pytest.fixture
def mapper() -> LedgerMapper:
    return LedgerMapper(JSONTranscoder())


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=CATALOGUE)
def test_a_fact_comes_back_as_it_was(mapper: LedgerMapper, event_type: EventType) -> None:
    fact = fact_of(event_type)
    event = RecordedFact(stream_uuid(fact.stream_id), fact.stream_version, Recorded(fact, 41, RECORDED_AT, erased=True))
    stored = mapper.to_stored_event(event)
    assert stored.topic == event_type.name
    assert mapper.to_domain_event(stored) == event


def test_what_is_no_fact_is_not_taken_for_one(mapper: LedgerMapper) -> None:
    for state in (b"{}", b"\xff", b'{"position":1,"recorded_at":"2026-03-02T09:30:00Z","data":{}}'):
        with pytest.raises(MapperDeserialisationError, match="not the wire form of deal.opened"):
            mapper.to_domain_event(StoredEvent(uuid4(), 1, "deal.opened", state))


def test_an_event_that_no_class_is_named_for_is_handed_on_as_it_is(mapper: LedgerMapper) -> None:
    shelf_id = uuid4()
    stored = StoredEvent(shelf_id, 3, "lamp.lit", b"\x00\x01")
    assert mapper.to_domain_event(stored) == OpaqueFact(shelf_id, 3, "lamp.lit", b"\x00\x01")


def test_an_event_without_content_is_told_apart(mapper: LedgerMapper) -> None:
    shelf_id = uuid4()
    stored = StoredEvent(shelf_id, 3, "shelf.opened", b"")
    assert mapper.to_domain_event(stored) == OpaqueFact(shelf_id, 3, "shelf.opened", None)
