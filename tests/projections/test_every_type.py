"""Whatever is told: every question has its answer, a void takes a fact back whole, and words leave figures alone."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from domain.events import CATALOGUE, EventType, samples
from domain.facts import Caller
from domain.rules.record import FINAL
from domain.rules.standing import OPENING
from projections.list_row import STILL, list_row
from projections.resources import RESOURCES
from tests.domain.telling import Story, day, known_as, voided
from tests.domain.test_catalogue import before
from tests.projections.standing import asked, erased, wordless

RECORDER = Caller(UUID(samples.SELLER), "owner")
CASES = [
    pytest.param(event_type, kind, id=f"{event_type.name} on a {kind}")
    for event_type in CATALOGUE.values()
    for kind in sorted(event_type.on - {"workspace"})
    if not event_type.service_only and event_type.name not in OPENING.values()
]


def told(story: Story, example: Any) -> None:
    event_id = samples.NOTE_EVENT if example["type"] == "note.recorded" else None
    proposal = msgspec.convert({"event_id": event_id, **example}, CATALOGUE[example["type"]].proposal)
    story.tell(proposal, by=RECORDER, at=day(1))


def prepared(kind: str) -> Story:
    """A stream with its people, as the examples name them."""
    story = Story(f"{kind}/{known_as('every type')}")
    told(story, CATALOGUE[OPENING[kind]].example)
    side = "buyer" if kind == "deal" else "coach"
    for party in (samples.BUYER, samples.USER, samples.COACH):
        told(story, {"type": "participant.joined", "data": {"party_id": party, "side": side}})
    return story


def with_all_before(event_type: EventType, kind: str) -> Story:
    """A stream on which the example of `event_type` can be told."""
    story = prepared(kind)
    for name in before(event_type):
        if kind in CATALOGUE[name].on:
            told(story, CATALOGUE[name].example)
    return story


def answers(story: Story, kind: str) -> dict[str, Any]:
    view = asked(story, at=day(40))
    return {name: resource.of(view) for name, resource in RESOURCES.items() if kind in resource.kinds}


@pytest.mark.parametrize(("event_type", "kind"), CASES)
def test_what_was_told_and_voided_was_never_told(event_type: EventType, kind: str) -> None:
    story = with_all_before(event_type, kind)
    before_it = answers(story, kind)
    told(story, event_type.example)
    after = answers(story, kind)
    assert after.keys() == before_it.keys()
    if event_type.name in FINAL:
        return
    story.tell(voided(story.records[-1].fact.event_id), by=RECORDER, at=day(1))
    assert answers(story, kind) == before_it


@pytest.mark.parametrize(("event_type", "kind"), CASES)
def test_words_that_are_gone_leave_everything_else(event_type: EventType, kind: str) -> None:
    story = with_all_before(event_type, kind)
    told(story, event_type.example)
    wiped = erased(story, day(40))
    for name, answer in answers(story, kind).items():
        assert to_builtins(RESOURCES[name].of(wiped)) == wordless(story, answer), name


@pytest.mark.parametrize(("event_type", "kind"), CASES)
def test_what_leaves_a_row_still_moves_nothing_in_it_but_the_last_event(event_type: EventType, kind: str) -> None:
    story = with_all_before(event_type, kind)
    was = list_row(story.stream)
    told(story, event_type.example)
    row = list_row(story.stream)
    if event_type.name in STILL:
        assert row == replace(was, last_event_at=row.last_event_at)
