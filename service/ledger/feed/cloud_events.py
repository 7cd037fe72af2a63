"""Facts and resets as CloudEvents 1.0. Their content is the fact itself; nothing is added to it."""

from typing import Any
from uuid import UUID

import msgspec

from service.ledger.feed.entries import Seen, reset_json
from service.ledger.wire import instant

# The extension `sequence` is compared as text: positions stay below 2**53, which has 16 digits.
SEQUENCE_DIGITS = 16
RESET = "stream.reset"


def source_of(workspace_id: UUID) -> str:
    """What happened in a workspace comes from there."""
    return f"urn:uuid:{workspace_id}"


def place_text(position: int) -> str:
    """A position in the order of the log, as text."""
    return f"{position:0{SEQUENCE_DIGITS}d}"


def fact_event(item: Seen, source: str) -> dict[str, Any]:
    """The fact of an entry."""
    record = item.entry.record
    assert record is not None, "nobody is shown what has no record"
    fact = record.fact
    told = {"id": str(fact.event_id), "type": fact.type, "time": instant(fact.occurred_at)}
    schema = {"dataschema": f"/v1/catalogue/{fact.type}"}
    return {**_same(item, source), **told, **schema, "data": msgspec.Raw(item.entry.body)}


def reset_event(item: Seen, source: str) -> dict[str, Any]:
    """That the stream of an entry is to be read anew."""
    record = item.entry.record
    assert record is not None, "nobody is shown what has no record"
    told = {"id": f"{RESET}/{record.position}", "type": RESET, "time": instant(record.recorded_at)}
    return {**_same(item, source), **told, "data": msgspec.Raw(reset_json(item))}


def _same(item: Seen, source: str) -> dict[str, Any]:
    record = item.entry.record
    assert record is not None, "nobody is shown what has no record"
    return {
        "specversion": "1.0",
        "source": source,
        "subject": record.fact.stream_id,
        "datacontenttype": "application/json",
        "sequence": place_text(record.position),
    }
