"""Stored names and shapes never change: the bytes of every version of every type, as they once were written."""

import json
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events import CATALOGUE, samples
from domain.facts import Actor, Fact, Visibility
from domain.stream import fold
from tests.domain.golden_facts import data_bytes, golden, key, shape
from tests.domain.telling import DAY_0, known_as

GOLDEN = golden()


def test_every_version_ever_stored_is_there() -> None:
    assert {key(event_type) for event_type in CATALOGUE.values()} <= set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_was_once_stored_can_be_read(name: str) -> None:
    type_, _, version = name.partition("/")
    event_type = CATALOGUE[type_]
    if event_type.schema_version == int(version):
        stored = GOLDEN[name]["data"]
        data = msgspec.json.decode(stored, type=event_type.cls)
        assert msgspec.json.encode(data, order="sorted").decode() == stored == data_bytes(event_type)


@pytest.mark.parametrize("name", GOLDEN)
def test_what_a_type_may_hold_is_what_it_was(name: str) -> None:
    event_type = CATALOGUE[name.partition("/")[0]]
    if key(event_type) == name:
        assert json.loads(json.dumps(shape(event_type))) == GOLDEN[name]["shape"]


@pytest.mark.parametrize("kind", ["deal", "goal", "workspace"])
def test_what_was_once_stored_folds_in_any_company(kind: str) -> None:
    """The fold takes whatever was recorded: it never fails, whichever fact stands before whichever."""
    stream_id = f"{kind}/{known_as('golden')}"
    facts: list[Fact] = []
    for name in GOLDEN:
        event_type = CATALOGUE[name.partition("/")[0]]
        if kind in event_type.on and event_type.name not in {"event.voided", "event.corrected"}:
            facts.append(
                Fact(
                    event_id=UUID(samples.NOTE_EVENT) if event_type.name == "note.recorded" else uuid4(),
                    type=event_type.name,
                    schema_version=event_type.schema_version,
                    stream_id=stream_id,
                    stream_version=len(facts) + 1,
                    occurred_at=DAY_0,
                    visibility=Visibility.TEAM,
                    actor=Actor(UUID(samples.SELLER)),
                    acting_party=UUID(samples.SELLER),
                    attestation="self",
                    data=msgspec.json.decode(GOLDEN[name]["data"], type=event_type.cls),
                )
            )
    for order in (facts, facts[::-1]):
        stream = fold(stream_id, order)
        assert stream.version == len(facts)
        assert sum(stream.counts.values()) == len(facts)
