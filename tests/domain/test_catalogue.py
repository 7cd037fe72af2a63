"""The catalogue, walked: every type has a struct, an example that is accepted, and refuses what it must."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.admission import decide
from domain.events import CATALOGUE, ClientProposal, EventType, RecordedEvent, samples
from domain.facts import Caller
from domain.refusals import NoSuchFact, NoSuchThing, NotAParticipant, NotYetOpened, OtherKindOfStream, Refusal
from domain.rules.references import NAMES_NEWCOMERS
from domain.rules.standing import OPENING
from domain.stream import Stream, initial
from tests.domain.telling import DAY_0, known_as, told_state

RECORDER = Caller(UUID(samples.SELLER), "owner")
FAMILIES = {
    "deal": 6,
    "goal": 7,
    "people": 3,
    "discovery": 9,
    "forces": 2,
    "noes": 7,
    "objections": 8,
    "commitments": 10,
    "offer": 4,
    "conduct": 10,
    "journey": 4,
    "self_checks": 6,
    "routines": 3,
    "after_close": 6,
    "record": 6,
    "workspace": 9,
}
CASES = [
    pytest.param(event_type, kind, id=f"{event_type.name} on a {kind}")
    for event_type in CATALOGUE.values()
    for kind in sorted(event_type.on)
]
CLIENT_CASES = [case for case in CASES if not case.values[0].service_only]  # type: ignore[union-attr]
# A reference `{kind, id}` has one path for all kinds: which of these it misses depends on the kind in the example.
NOT_THERE = (NoSuchFact, NoSuchThing, NotAParticipant)
DECODER = msgspec.json.Decoder(ClientProposal)


def prepared(event_type: EventType, kind: str) -> Stream:
    """A stream on which the example of `event_type` can be recorded."""
    stream = initial(f"{kind}/{known_as('catalogue')}")
    if event_type.name in OPENING.values():
        return stream
    if kind != "workspace":
        side = "buyer" if kind == "deal" else "coach"
        people = [
            {"type": "participant.joined", "data": {"party_id": party, "side": side}}
            for party in (samples.BUYER, samples.USER, samples.COACH)
        ]
        for said in (CATALOGUE[OPENING[kind]].example, *people):
            record(stream, said)
    for name in before(event_type):
        if kind in CATALOGUE[name].on:
            record(stream, CATALOGUE[name].example)
    return stream


def before(event_type: EventType) -> list[str]:
    """The types whose examples come first, each after its own."""
    found: list[str] = []
    for name in event_type.after:
        found += [one for one in (*before(CATALOGUE[name]), name) if one not in found]
    return found


def record(stream: Stream, example: Any) -> None:
    proposal = msgspec.convert(example, CATALOGUE[example["type"]].proposal)
    event_id = UUID(samples.NOTE_EVENT) if example["type"] == "note.recorded" else uuid4()
    decide(stream, [(proposal, event_id)], RECORDER, DAY_0)


def test_every_family_has_its_types() -> None:
    counts: dict[str, int] = {}
    for event_type in CATALOGUE.values():
        counts[event_type.family] = counts.get(event_type.family, 0) + 1
    assert counts == FAMILIES
    assert len({event_type.cls for event_type in CATALOGUE.values()}) == sum(FAMILIES.values())


@pytest.mark.parametrize(("event_type", "kind"), CASES)
def test_every_example_is_accepted(event_type: EventType, kind: str) -> None:
    stream = prepared(event_type, kind)
    version = stream.version
    record(stream, event_type.example)
    assert stream.version == version + 1
    assert stream.facts[-1].type == event_type.name


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=lambda one: one.name)
def test_every_type_is_named_described_and_strict(event_type: EventType) -> None:
    assert event_type.summary.endswith(".")
    assert "\n" not in event_type.summary
    assert event_type.cls.__struct_config__.forbid_unknown_fields
    assert event_type.cls.__struct_config__.frozen
    for member in (event_type.doer, event_type.subject):
        assert member is None or member in event_type.cls.__struct_fields__
    said = {**event_type.example, "data": {**event_type.example["data"], "surprise": 1}}
    with pytest.raises(msgspec.ValidationError, match="surprise"):
        msgspec.convert(said, event_type.proposal)


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=lambda one: one.name)
def test_a_client_sends_what_is_a_clients_to_send(event_type: EventType) -> None:
    body = msgspec.json.encode(event_type.example)
    if event_type.service_only:
        with pytest.raises(msgspec.ValidationError, match="Invalid value"):
            DECODER.decode(body)
    else:
        assert type(DECODER.decode(body)) is event_type.proposal


def of_refusal(stream: Stream, example: Any) -> Refusal:
    """The refusal that keeps `example` off the stream, of which nothing remains."""
    before = told_state(stream)
    with pytest.raises(Refusal) as refused:
        record(stream.fork(), example)
    assert told_state(stream) == before
    return refused.value


@pytest.mark.parametrize(("event_type", "kind"), CLIENT_CASES)
def test_nothing_but_an_opening_fact_opens(event_type: EventType, kind: str) -> None:
    if event_type.name in OPENING.values():
        return
    # A correction cannot even be read without its target, so it misses that first.
    refusal = of_refusal(initial(f"{kind}/{known_as('empty')}"), event_type.example)
    assert isinstance(refusal, NotYetOpened | NoSuchFact)


@pytest.mark.parametrize(
    "event_type", [one for one in CATALOGUE.values() if len(one.on) == 1], ids=lambda one: one.name
)
def test_a_type_for_one_kind_of_stream_is_refused_on_the_others(event_type: EventType) -> None:
    for kind in {"deal", "goal", "workspace"} - event_type.on:
        stream = initial(f"{kind}/{known_as('other kind')}")
        if kind in OPENING:
            record(stream, CATALOGUE[OPENING[kind]].example)
        assert isinstance(of_refusal(stream, event_type.example), OtherKindOfStream)


@pytest.mark.parametrize(("event_type", "kind"), CLIENT_CASES)
def test_a_party_named_anywhere_takes_part(event_type: EventType, kind: str) -> None:
    for path in event_type.parties:
        example = replaced(event_type.example, ("data", *path), str(known_as("nobody")))
        if example is None or event_type.name in NAMES_NEWCOMERS:
            continue
        refusal = of_refusal(prepared(event_type, kind), example)
        assert isinstance(refusal, NOT_THERE if path[-1] == "id" else NotAParticipant)


@pytest.mark.parametrize(("event_type", "kind"), CLIENT_CASES)
def test_an_id_named_anywhere_is_on_the_stream(event_type: EventType, kind: str) -> None:
    for path, kinds in event_type.refers:
        example = replaced(event_type.example, ("data", *path), str(known_as("nothing")))
        if example is None:
            continue
        refusal = of_refusal(prepared(event_type, kind), example)
        expected = NoSuchFact if kinds == ("event",) else NoSuchThing
        assert isinstance(refusal, NOT_THERE if path[-1] == "id" else expected)


def replaced(value: Any, path: tuple[str, ...], by: str) -> Any:
    """`value` with what is at `path` replaced, in every item of a list; None when nothing is there."""
    if not path:
        return by if isinstance(value, str) else None
    if path[0] == "*":
        items = [replaced(item, path[1:], by) for item in value] if isinstance(value, list) else []
        return items if items and all(item is not None for item in items) else None
    if not isinstance(value, dict) or path[0] not in value:
        return None
    if value.get("kind") in {"topic", "goal"}:
        return None
    inner = replaced(value[path[0]], path[1:], by)
    return None if inner is None else {**value, path[0]: inner}


def test_the_schemas_have_names_that_people_can_read() -> None:
    _, components = msgspec.json.schema_components([ClientProposal, RecordedEvent])
    assert {"ObjectionRaised", "ObjectionRaisedProposal", "ObjectionRaisedEvent", "Schedule", "LocalDue"} <= set(
        components
    )
    assert all(name.isidentifier() and "_" not in name for name in components)
    assert components["ObjectionRaisedProposal"]["properties"]["type"] == {"enum": ["objection.raised"]}


@pytest.mark.parametrize("event_type", CATALOGUE.values(), ids=lambda one: one.name)
def test_every_recorded_fact_has_a_wire_form(event_type: EventType) -> None:
    stream = prepared(event_type, min(event_type.on))
    record(stream, event_type.example)
    fact = stream.facts[-1]
    wire = {**msgspec.to_builtins(fact), "position": 7, "recorded_at": DAY_0}
    assert msgspec.to_builtins(msgspec.convert(wire, event_type.event))["data"] == msgspec.to_builtins(fact.data)
