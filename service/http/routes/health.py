"""Whether the process lives, and whether it can do its work. For supervisors and load balancers; tells nothing else."""

import logging
from typing import Literal

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problems import Problem
from service.http.questions import Nothing
from service.migrate import schema_difference

log = logging.getLogger("throughline.http")

NOT_READY_RETRY_S = 2


class Health(Struct):
    """All is well, as far as was asked."""

    status: Literal["live", "ready"]


async def live(request: Call) -> Answer:
    """Answer `GET /health/live`: the event loop runs."""
    request.question(Nothing)
    return as_json(Health("live"))


async def ready(request: Call) -> Answer:
    """Answer `GET /health/ready`: not stopping, the database answers, its schema is the one this version knows."""
    request.question(Nothing)
    if request.app.state.stopping:
        raise not_ready("The service is stopping.")
    if fault := schema_difference(await request.ledger.ready()):
        log.warning("not ready: %s", fault)
        raise not_ready("The database does not have the schema of this version.")
    return as_json(Health("ready"))


def not_ready(reason: str) -> Problem:
    """The 503 of a service that lives but cannot do its work."""
    header = (b"retry-after", b"%d" % NOT_READY_RETRY_S)
    return Problem("not-ready", reason, header, retry_after_s=NOT_READY_RETRY_S)


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/health/live",
        id="health_live",
        tag="service",
        summary="Whether the process runs",
        permission=None,
        replies=(Reply(200, "It does", Health),),
        problems=PUBLIC,
    ).route(live),
    Operation(
        method="GET",
        path="/health/ready",
        id="health_ready",
        tag="service",
        summary="Whether the service can do its work: the database answers and has the schema of this version",
        permission=None,
        replies=(Reply(200, "It can", Health),),
        problems=(*PUBLIC, "store-unavailable", "not-ready"),
    ).route(ready),
]
