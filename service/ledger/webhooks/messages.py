"""What is sent: a fact, or that a stream is to be read anew, as one CloudEvent, as in the feed's batches."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from service.ledger.feed.cloud_events import fact_event, place_text, reset_event, source_of
from service.ledger.feed.entries import Seen
from service.ledger.webhooks.records import MessageKind
from service.ledger.wire import instant

CONTENT_TYPE = "application/cloudevents+json"
# A larger fact is sent without its content, with the address where it is: many receivers take no more than this.
PAYLOAD_BYTES_MAX = 256 * 1024

_encode = msgspec.json.Encoder().encode


class Message(Struct, frozen=True):
    """One message. Its id is the same whenever it is sent, so that a receiver can tell that it has it."""

    id: str
    kind: MessageKind
    position: int | None
    body: bytes


def messages(item: Seen, workspace_id: UUID, webhook_id: UUID, previous: int | None) -> Iterator[Message]:
    """What is sent of an entry; `previous` is the position of what was sent before it."""
    position = item.entry.position
    source = source_of(workspace_id)
    chain = {} if previous is None else {"previoussequence": place_text(previous)}
    name = f"msg_{webhook_id.hex}_{position}"
    if item.reset:
        yield Message(f"{name}_reset", "reset", position, _encode(reset_event(item, source) | chain))
    if item.event:
        event = fact_event(item, source) | chain
        body = _encode(event)
        if len(body) > PAYLOAD_BYTES_MAX:
            record = item.entry.record
            assert record is not None, "nobody is shown what has no record"
            kind, _, stream = record.fact.stream_id.partition("/")
            del event["data"]
            body = _encode(event | {"dataref": f"/v1/{kind}s/{stream}/events/{record.fact.event_id}"})
        yield Message(name, "fact", position, body)


def test_message(workspace_id: UUID, webhook_id: UUID, at: datetime) -> Message:
    """A message that says nothing, to try a receiver with."""
    message_id = f"msg_{webhook_id.hex}_test_{uuid4().hex}"
    event = {
        "specversion": "1.0",
        "id": message_id,
        "source": source_of(workspace_id),
        "type": "webhook.test",
        "subject": f"webhook/{webhook_id}",
        "time": instant(at),
        "datacontenttype": "application/json",
        "data": {"webhook_id": webhook_id},
    }
    return Message(message_id, "test", None, _encode(event))
