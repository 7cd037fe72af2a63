"""`eventsourcing` as its documentation shows it, behind a Litestar route in a worker thread: load, decide, save.

The library's settings come from its environment variables; its PostgreSQL module makes its tables at start.
"""

from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError
from litestar import Litestar, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

STREAMS_A_SAVE = 500
"""How many new streams are saved together when they are opened."""


class Sent(msgspec.Struct):
    """A fact as it is sent."""

    type: str
    data: dict[str, Any]
    evidence: list[dict[str, Any]] = []


class Deal(Aggregate):
    """A deal that counts what is recorded on it."""

    @event("Opened")
    def __init__(self, customer: str) -> None:
        self.customer = customer
        self.facts = 0

    @event("Recorded")
    def record(self, type: str, data: dict[str, Any], evidence: list[dict[str, Any]]) -> None:  # noqa: A002, ARG002 - stored
        """Take one fact."""
        self.facts += 1


class Deals(Application[UUID]):
    """The application of the documentation's first pages."""


deals = Deals()


@post("/streams/{stream_id:uuid}/events", sync_to_thread=True)
def append(stream_id: FromPath[UUID], data: JSONBody[Sent]) -> dict[str, Any]:
    """Record one fact."""
    try:
        deal: Deal = deals.repository.get(stream_id)
        deal.record(data.type, data.data, data.evidence)
        recordings = deals.save(deal)
    except AggregateNotFoundError:
        raise NotFoundException from None
    except IntegrityError:
        raise HTTPException(status_code=409, detail="version conflict") from None
    return {"stream_id": stream_id, "version": deal.version, "position": recordings[-1].notification.id}


@post("/streams", sync_to_thread=True)
def open_streams(count: FromQuery[int]) -> list[UUID]:
    """Open streams to record on; their ids."""
    opened = [Deal(f"Brightwater Couriers {number}") for number in range(count)]
    for start in range(0, count, STREAMS_A_SAVE):
        deals.save(*opened[start : start + STREAMS_A_SAVE])
    return [deal.id for deal in opened]


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    """Tell that the server is up."""
    return {"status": "ok"}


app = Litestar([append, open_streams, health], on_shutdown=[deals.close], openapi_config=None)
