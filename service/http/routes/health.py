"""Whether the process lives, and whether it can do its work. For supervisors and load balancers; tells nothing else."""

from typing import Literal

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problems import not_ready
from service.http.questions import Nothing


class Health(Struct):
    """All is well, as far as was asked."""

    status: Literal["live"]


class Readiness(Struct, omit_defaults=True):
    """The service can do its work. What is told besides does not hinder it, and wants a person's look.

    `unreadable_streams`: that this process came across and could not read, see `throughline doctor`. `unsigned_s`: for
    how many seconds facts have waited for a signed checkpoint, when that is longer than it should be. `issuer`, where
    identity tokens are taken: whether there are keys to check them; keys of this service work without.
    """

    status: Literal["ready"]
    unreadable_streams: int = 0
    unsigned_s: int = 0
    issuer: Literal["keys", "no-keys"] | None = None


# Checkpoints follow within seconds, or a minute behind a large import.
UNSIGNED_TOLD_S = 60


async def live(request: Call) -> Answer:
    """Answer `GET /health/live`: the event loop runs."""
    request.question(Nothing)
    return as_json(Health("live"))


async def ready(request: Call) -> Answer:
    """Answer `GET /health/ready`: not stopping, the database answers, its schema is one this version can work with."""
    request.question(Nothing)
    if request.shared.stopping:
        raise not_ready("The service is stopping.")
    watch = request.ledger.watch
    if unfit := await watch.judge():
        raise not_ready(unfit)
    tokens = request.tokens
    unsigned_s = round(watch.unsigned_s)
    return as_json(
        Readiness(
            "ready",
            unreadable_streams=request.ledger.vitals().unreadable_streams,
            unsigned_s=unsigned_s if unsigned_s >= UNSIGNED_TOLD_S else 0,
            issuer=None if tokens is None else "keys" if tokens.has_keys else "no-keys",
        )
    )


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
        summary="Whether the service can do its work: the database answers and has a schema this version works with",
        permission=None,
        replies=(Reply(200, "It can", Readiness),),
        problems=(*PUBLIC, "store-unavailable", "not-ready"),
    ).route(ready),
]
