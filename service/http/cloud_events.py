"""Facts as CloudEvents 1.0, in the batched JSON format. Their content is the fact itself; nothing is added to it."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from service.http.answers import encode
from service.http.event_stream import reset_json
from service.ledger.feed.entries import Seen
from service.ledger.wire import instant

BATCH = "application/cloudevents-batch+json"

# The extension `sequence` is compared as text: positions stay below 2**53, which has 16 digits.
SEQUENCE_DIGITS = 16
RESET = "stream.reset"


def batch(items: Iterable[Seen], workspace_id: UUID) -> bytes:
    """The batch of what a caller sees, in order of position."""
    source = f"urn:uuid:{workspace_id}"
    events = [event for item in items for event in _events(item, source)]
    return encode(events)


def _events(item: Seen, source: str) -> Iterable[dict[str, object]]:
    record = item.entry.record
    assert record is not None, "nobody is shown what has no record"
    fact = record.fact
    same = {
        "specversion": "1.0",
        "source": source,
        "subject": fact.stream_id,
        "datacontenttype": "application/json",
        "sequence": f"{record.position:0{SEQUENCE_DIGITS}d}",
    }
    if item.reset:
        told = {"id": f"{RESET}/{record.position}", "type": RESET, "time": instant(record.recorded_at)}
        yield {**same, **told, "data": msgspec.Raw(reset_json(item))}
    if item.event:
        told = {"id": str(fact.event_id), "type": fact.type, "time": instant(fact.occurred_at)}
        schema = {"dataschema": f"/v1/catalogue/{fact.type}"}
        yield {**same, **told, **schema, "data": msgspec.Raw(item.entry.body)}
