"""The feed in the batched JSON format of CloudEvents 1.0."""

from collections.abc import Iterable
from uuid import UUID

from service.http.answers import encode
from service.ledger.feed.cloud_events import fact_event, reset_event, source_of
from service.ledger.feed.entries import Seen

BATCH = "application/cloudevents-batch+json"


def batch(items: Iterable[Seen], workspace_id: UUID) -> bytes:
    """The batch of what a caller sees, in order of position."""
    source = source_of(workspace_id)
    events = []
    for item in items:
        if item.reset:
            events.append(reset_event(item, source))
        if item.event:
            events.append(fact_event(item, source))
    return encode(events)
