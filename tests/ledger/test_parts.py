"""A fact divided and put together again is the same fact; without its words it keeps its structure."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.events import CATALOGUE, EventType
from domain.facts import ERASED, Actor, Evidence, Fact, Visibility
from service.ledger.canonical import canonical
from service.ledger.parts import divide, unite

PARTY = UUID("0190a0a0-0000-7000-8000-000000000001")


def fact_of(event_type: EventType) -> Fact:
    """The catalogue's example as a fact, every word of it kept."""
    data = msgspec.convert(event_type.example["data"], event_type.cls)
    if event_type.name == "event.corrected":
        data = msgspec.structs.replace(data, target_type="note.recorded")
    return Fact(
        event_id=uuid4(),
        type=event_type.name,
        schema_version=1,
        stream_id=f"deal/{uuid4()}",
        stream_version=7,
        occurred_at=datetime(2026, 3, 2, 9, 30, 0, 125_000, tzinfo=UTC),
        visibility=Visibility.TEAM,
        actor=Actor(PARTY),
        acting_party=PARTY,
        attestation="self",
        confidence=0.25,
        evidence=(Evidence(kind="quote", text="I said so"),),
        data=data,
    )


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=CATALOGUE)
def test_divided_and_united_a_fact_is_the_same(event_type: EventType) -> None:
    fact = fact_of(event_type)
    parts = divide(fact)
    assert unite(fact.stream_id, 7, *parts) == fact


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=CATALOGUE)
def test_parts_are_canonical(event_type: EventType) -> None:
    for part in divide(fact_of(event_type)):
        if part is not None:
            assert rfc8785.dumps(msgspec.json.decode(part)) == part


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=CATALOGUE)
def test_no_word_is_in_the_envelope_or_the_structure(event_type: EventType) -> None:
    fact = fact_of(event_type)
    parts = divide(fact)
    for path in event_type.words:
        for said in _at(msgspec.to_builtins(fact.data), path):
            written = msgspec.json.encode(said)
            assert written not in parts.envelope
            assert written not in parts.structure, path


def test_what_the_facts_of_a_stream_have_in_common_is_in_memory_once() -> None:
    fact = fact_of(CATALOGUE["note.recorded"])
    parts = divide(fact)
    one, other = (unite(f"deal/{fact.stream_id[5:]}", version, *parts) for version in (7, 8))
    for name in ("stream_id", "type", "actor", "acting_party", "attestation", "visibility"):
        assert getattr(one, name) is getattr(other, name), name


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=CATALOGUE)
def test_without_its_words_a_fact_keeps_its_structure(event_type: EventType) -> None:
    fact = fact_of(event_type)
    parts = divide(fact)
    erased = unite(fact.stream_id, 7, parts.envelope, parts.structure, None)
    assert divide(erased).structure == parts.structure
    assert erased.evidence == ()
    for path in event_type.words:
        for said in _at(msgspec.to_builtins(erased.data), path):
            assert said in (ERASED, None)


numbers = (
    st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e15, 1e15)
    | st.floats(1e-7, 1e-4)
    | st.floats(1e13, 1e23)
    | st.decimals(-100, 100, places=3).map(float)
)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz_", max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_canonical_form_is_rfc_8785(value: Any) -> None:
    assert canonical({"value": value}, floats=True) == rfc8785.dumps({"value": value})


def _at(value: Any, path: tuple[str, ...]) -> list[Any]:
    """Everything at a path; `*` stands for each item of a list."""
    if not path:
        return [] if value is None else [value]
    if path[0] == "*":
        return [found for item in value or () for found in _at(item, path[1:])]
    return _at(value.get(path[0]), path[1:]) if isinstance(value, dict) else []
