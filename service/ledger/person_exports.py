"""What is held on one person, fact by fact, for that person: as much of it as the asker may see. No proofs here."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.facts import Caller, Fact
from domain.history import may_know, visible
from domain.relations import parties_in
from domain.subjects import subject_of
from service.ledger.memory import Kept
from service.ledger.wire import event_json

FORMAT = "throughline-person/1"

Why = Literal["recorded", "acted", "subject", "named"]

_encode = msgspec.json.Encoder().encode


class Opening(Struct, frozen=True, tag="manifest", tag_field="line"):
    """The first line: on whom, and how much of the log was looked at."""

    format: str
    party_id: UUID
    export_id: UUID
    position: int


class Ending(Struct, frozen=True, tag="end", tag_field="line"):
    """The last line: without it the export was cut off on its way."""

    facts: int


def reasons(kept: Kept, fact: Fact, party_id: UUID) -> list[Why]:
    """Why a fact is held on a person: they recorded it, it was their act, its words are about them, it names them."""
    found: list[Why] = []
    if fact.actor.party_id == party_id:
        found.append("recorded")
    if fact.acting_party == party_id:
        found.append("acted")
    if fact.data is not None:
        if subject_of(kept.stream, fact) == party_id:
            found.append("subject")
        if party_id in parties_in(fact.data) or getattr(fact.data, "party_id", None) == party_id:
            found.append("named")
    return found


async def person_lines(
    streams: AsyncIterator[Kept], caller: Caller, party_id: UUID, export_id: UUID, position: int
) -> AsyncGenerator[bytes, None]:
    """The lines of the export: a manifest, the facts stream by stream in the order recorded, and an end."""
    yield _encode(Opening(FORMAT, party_id, export_id, position)) + b"\n"
    count = 0
    async for kept in streams:
        if not may_know(caller, kept.stream):
            continue
        lines = []
        for record in visible(kept.records, caller, kept.stream):
            why = reasons(kept, record.fact, party_id)
            if why:
                lines.append(b'{"line":"fact","why":%b,"event":%b}\n' % (_encode(why), event_json(record)))
        count += len(lines)
        if lines:
            yield b"".join(lines)
    yield _encode(Ending(count)) + b"\n"
