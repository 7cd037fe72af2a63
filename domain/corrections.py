"""What holds instead of what was recorded: voids take facts out, corrections replace their data. Pure look-ups."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.record import EventCorrected
from domain.facts import Fact
from domain.relations import MEMBERS

VOID = "event.voided"
CORRECTION = "event.corrected"
REWRITING = frozenset({VOID, CORRECTION})


def rewritings(facts: Iterable[Fact]) -> tuple[dict[UUID, UUID], dict[UUID, Fact]]:
    """Which facts are voided, with the void; and which are corrected, with the last correction that holds."""
    found = [fact for fact in facts if fact.type in REWRITING and fact.data is not None]
    voided = {fact.data.target_event_id: fact.event_id for fact in found if fact.type == VOID}
    corrected = {
        fact.data.target_event_id: fact for fact in found if fact.type == CORRECTION and fact.event_id not in voided
    }
    return voided, corrected


def as_it_holds(fact: Fact, voided: dict[UUID, UUID], corrected: dict[UUID, Fact]) -> Fact | None:
    """The fact as it counts: None once voided, with other data once corrected."""
    if fact.event_id in voided:
        return None
    correction = corrected.get(fact.event_id)
    return fact if correction is None else replaced(fact, correction)


def replaced(fact: Fact, correction: Fact) -> Fact:
    """`fact` as `correction` says it was. What nobody vouched for loses the counterparty's word."""
    said = replacement(correction.data)
    attestation = fact.attestation
    if attestation == "counterparty" and more_than_words(fact.data, said):
        attestation = "self"
    return msgspec.structs.replace(fact, data=said, attestation=attestation)


def replacement(correction: EventCorrected) -> Data:
    """The data that a complete correction puts in the place of its target's, in the target's type."""
    return msgspec.convert(correction.data, CATALOGUE[str(correction.target_type)].cls)


def more_than_words(before: Data | None, after: Data) -> bool:
    """Whether a closed value, number, time, id or the length of a list differs."""
    return before is None or _wordless(before) != _wordless(after)


def _wordless(data: Struct) -> Struct:
    members = MEMBERS[type(data)]
    changes: dict[str, Any] = dict.fromkeys(members.texts)
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, tuple):
            changes[name] = tuple(map(_wordless, value))
        elif isinstance(value, Struct):
            changes[name] = _wordless(value)
    return msgspec.structs.replace(data, **changes) if changes else data
