"""What HTTP alone costs: the route decodes the body and answers as if it had recorded it. No database."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, get, post
from litestar.params import FromPath, JSONBody


class Sent(msgspec.Struct):
    """A fact as it is sent."""

    type: str
    data: dict[str, Any]
    evidence: list[dict[str, Any]] = []


class Taken(msgspec.Struct):
    """The answer."""

    stream_id: UUID
    version: int
    position: int


@post("/streams/{stream_id:uuid}/events")
async def append(stream_id: FromPath[UUID], data: JSONBody[Sent]) -> Taken:  # noqa: ARG001 - decoded, which is the point
    """Take the fact and forget it."""
    return Taken(stream_id, 2, 1)


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    """Tell that the server is up."""
    return {"status": "ok"}


app = Litestar([append, health], openapi_config=None)
