"""The application: the ledger's life, every route, and what surrounds each request. No route is written here."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from random import Random
from time import perf_counter
from typing import Any

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message

from service.clock import Clock
from service.http.answers import Header
from service.http.calls import Call
from service.http.identity import admit
from service.http.limits import Limits
from service.http.problems import REQUEST_ID, answer_to
from service.http.request_counts import RequestCounts
from service.http.request_log import RequestLog
from service.http.routes import ROUTES
from service.http.routing import Router, templates_of
from service.http.shared import Shared
from service.http.trace_context import echoed
from service.ledger.ledger import Ledger
from service.masterkey import MasterKey
from service.policies import registered
from service.settings import Settings

# Answers are one caller's view: shared caches must not keep them, a private one must ask first.
ALWAYS: tuple[Header, ...] = (
    (b"cache-control", b"private, no-cache"),
    (b"vary", b"Authorization, Accept"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

STATUS = "throughline.status"
"""Where the scope has the status that was sent; 0 before."""

_random_bits = Random(os.urandom(16)).getrandbits  # noqa: S311  # a request's id tells requests apart, and opens nothing

ALLOWED = [
    "Authorization",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "Idempotency-Key",
    "Last-Event-ID",
    "traceparent",
]
EXPOSED = [
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "Throughline-Position",
    "Throughline-Request",
    "WWW-Authenticate",
    "traceparent",
]


class Throughline(Litestar):
    """Litestar's routes in one layer of our own: id, safe headers and log line of every request, known route or not.

    A call goes from here to its handler and back, past Litestar's layers of middleware and exception handlers: what
    they would do is done once, and they cost more than the rest of a request.
    """

    def __init__(self, routes: Sequence[HTTPRouteHandler], shared: Shared, **options: Any) -> None:
        cors = _cors(shared.settings)
        super().__init__(routes, cors_config=cors, **options)
        self.shared = shared
        shared.requests = RequestLog(RequestCounts(templates_of(self)))
        self._router = Router(self)
        outermost: Any = self.asgi_handler
        if cors is None:
            self.asgi_handler = self._answer
        else:
            outermost.app = self._answer  # what is around it is Litestar's layer for CORS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started = perf_counter()
        request_id = f"{_random_bits(64):016x}"
        scope[REQUEST_ID] = request_id
        scope[STATUS] = 0
        scope["litestar_app"] = self
        trace = echoed(scope)

        def send_marked(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                scope[STATUS] = message["status"]
                identified = b"throughline-request", request_id.encode()
                message["headers"] = [*message["headers"], *ALWAYS, identified, *trace]
            sending: Awaitable[None] = send(message)
            return sending

        try:
            await self.asgi_handler(scope, receive, send_marked)
        finally:
            self.shared.requests.add(scope, request_id, scope[STATUS], perf_counter() - started)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            place = self._router.place(scope)
            await admit(scope, place.operation, self.shared)
            answer = await place.handler(Call(scope, receive, send))
        except Exception as failure:  # noqa: BLE001  # whatever it is, the caller gets an answer and the log the rest
            answer = answer_to(scope, failure)
        try:
            await answer(scope, receive, send)
        except Exception as failure:
            if scope[STATUS]:
                raise  # the server notes it, and ends the connection in the middle of the answer
            await answer_to(scope, failure)(scope, receive, send)


def create_app(settings: Settings, dsn: str, master_key: MasterKey, clock: Clock | None = None) -> Throughline:
    """The service over the database at `dsn`. Nothing is opened before the server starts its lifespan.

    `shared.stop()` is to be called when the process is asked to end.
    """
    shared = Shared(settings, clock or Clock(), registered(settings.policies), Limits(settings))
    return Throughline(
        ROUTES,
        shared,
        request_class=Call,
        lifespan=[lambda _: _ledger_open(shared, dsn, master_key)],
        openapi_config=None,
        logging_config=None,
        # Bodies are read by our own reader, which has the setting's bound.
        request_max_body_size=None,
    )


@asynccontextmanager
async def _ledger_open(shared: Shared, dsn: str, master_key: MasterKey) -> AsyncIterator[None]:
    async with Ledger.open(dsn, master_key, shared.settings, shared.clock) as ledger:
        shared.ledger = ledger
        builder = asyncio.create_task(ledger.checkpoints.run())
        sender = asyncio.create_task(ledger.webhooks.run())
        watcher = asyncio.create_task(ledger.watch.run())
        try:
            async with _tokens(shared):
                yield
        finally:
            under_way = {builder, watcher, sender}
            while under_way:  # a cancellation may get lost on its way through a failing connection
                for task in under_way:
                    task.cancel()
                _, under_way = await asyncio.wait(under_way, timeout=1)
    shared.requests.flush()


@asynccontextmanager
async def _tokens(shared: Shared) -> AsyncIterator[None]:
    """Take an issuer's tokens for the while, where the settings name one."""
    if shared.settings.oidc_issuer is None:
        yield
        return
    from service.oidc.opening import token_identities

    async with token_identities(shared.settings, shared.ledger) as tokens:
        shared.tokens = tokens
        yield


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
    )
