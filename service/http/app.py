"""The application: the ledger's life, every route, and what surrounds each request. No route is written here."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

from litestar import Litestar, Request
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.types import Message

from service.clock import Clock
from service.http.answers import Answer, Header
from service.http.calls import Call
from service.http.identity import Gate
from service.http.limits import Limits
from service.http.operations import Operation, operation_of
from service.http.problems import answer_to, not_found
from service.http.request_counts import RequestCounts
from service.http.request_log import RequestLog
from service.http.routes import ROUTES
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
    """Litestar in an outer layer: every request, known route or not, gets an id, safe headers and a log line."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        started = perf_counter()
        request_id = scope["throughline.request"] = os.urandom(8).hex()
        trace = echoed(scope)
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    *ALWAYS,
                    (b"throughline-request", request_id.encode()),
                    *trace,
                ]
            await send(message)

        try:
            if is_canonical(scope["path"]):
                await super().__call__(scope, receive, send_marked)
            else:
                await answer_to(scope, not_found())(scope, receive, send_marked)
        finally:
            self.state.requests.add(scope, request_id, status, perf_counter() - started)


def is_canonical(path: str) -> bool:
    """Whether a path is written the one way that this service takes: no empty steps, no slash at the end."""
    return "//" not in path and (path == "/" or not path.endswith("/"))


def _on_exception(request: Request[Any, Any, Any], exc: Exception) -> Answer:
    return answer_to(request.scope, exc)


def create_app(settings: Settings, dsn: str, master_key: MasterKey, clock: Clock | None = None) -> Litestar:
    """The service over the database at `dsn`. Nothing is opened before the server starts its lifespan."""
    clock = clock or Clock()

    @asynccontextmanager
    async def ledger_open(app: Litestar) -> AsyncIterator[None]:
        async with Ledger.open(dsn, master_key, settings, clock) as ledger:
            app.state.ledger = ledger
            builder = asyncio.create_task(ledger.checkpoints.run())
            watcher = asyncio.create_task(ledger.watch.run())
            try:
                yield
            finally:
                under_way = {builder, watcher}
                while under_way:  # a cancellation may get lost on its way through a failing connection
                    for task in under_way:
                        task.cancel()
                    _, under_way = await asyncio.wait(under_way, timeout=1)
        app.state.requests.flush()

    return assemble(settings, clock, ledger_open)


def assemble(settings: Settings, clock: Clock, *lifespans: Any) -> Litestar:
    """The application with what `lifespans` open. `app.state.stop()` is called when the process is asked to end."""
    app = Throughline(
        ROUTES,
        middleware=[Gate],
        exception_handlers={Exception: _on_exception},
        request_class=Call,
        lifespan=list(lifespans),
        cors_config=_cors(settings),
        state=State(
            {
                "settings": settings,
                "clock": clock,
                "policies": registered(settings.policies),
                "limits": Limits(settings),
                "stopping": False,
            }
        ),
        openapi_config=None,
        logging_config=None,
        # Bodies are read by our own reader, which has the setting's bound.
        request_max_body_size=None,
    )
    app.state.stop = lambda: _stop(app.state)
    app.state.methods = methods_of(app)
    app.state.requests = RequestLog(RequestCounts(templates_of(app)))
    return app


def _stop(state: State) -> None:
    """Readiness turns, and streams end, which would hold their connections for ever."""
    state.stopping = True
    if "ledger" in state:
        state.ledger.followers.stop()


def methods_of(app: Litestar) -> dict[str, list[str]]:
    """The methods that each path answers, without the OPTIONS that Litestar adds; by the path's template."""
    methods: dict[str, list[str]] = {}
    for template, operation in templates_of(app):
        methods.setdefault(template, []).append(operation.method)
    return methods


def templates_of(app: Litestar) -> Iterator[tuple[str, Operation]]:
    """Every operation with the template of its path."""
    template = {route.path: route.path_format for route in app.routes}
    for operation in filter(None, map(operation_of, ROUTES)):
        yield template[operation.path], operation


def _cors(settings: Settings) -> CORSConfig | None:
    if not settings.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.cors_origins),
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=ALLOWED,
        expose_headers=EXPOSED,
    )
