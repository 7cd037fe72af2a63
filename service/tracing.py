"""OpenTelemetry traces, when they are asked for: a span for each request, each group of appends and each call of SQL.

Off, nothing of this is imported and nothing is in anybody's way: the few functions that are told of are wrapped when
traces are started, and put back when they are stopped. Spans carry names, numbers and the texts of our own statements;
never a parameter, a path with an id, a header or content.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from service import __version__
from service.faults import StartRefusal
from service.http.problems import REFUSAL
from service.http.trace_context import TRACE, echoed
from service.ledger.asking import Ask
from service.ledger.commits import Commits
from service.ledger.prepared import Prepared
from service.ledger.store import Store
from service.ledger.writer import Writer

try:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError:
    raise StartRefusal(
        "OTEL_EXPORTER_OTLP_ENDPOINT is set, and the packages that send traces are not installed: "
        "install throughline[traces], or unset it."
    ) from None

METHODS = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})
# A group holds up to some hundred appends; a span of it names the first ones.
LINKS_MAX = 32
SUMMARY_CHARS_MAX = 100
STOP_DEADLINE_MS = 3_000

_propagator = TraceContextTextMapPropagator()
App = Callable[[Any, Any, Any], Awaitable[None]]


@contextmanager
def tracing(app: App, processor: SpanProcessor) -> Iterator[App]:
    """The application with its requests traced, and the ledger with them, until this is left."""
    provider = TracerProvider(resource=Resource.create({"service.name": "throughline", "service.version": __version__}))
    provider.add_span_processor(processor)
    tracer = provider.get_tracer("throughline", __version__)
    wrapped = {
        (Writer, "submit"): _submit(Writer.submit),
        (Writer, "_commit_together"): _group(tracer, Writer._commit_together),
        (Commits, "send"): _sent(tracer, Commits.send),
        (Prepared, "call"): _prepared(tracer, Prepared.call),
        (Store, "read"): _read(tracer, Store.read),
    }
    before = {place: getattr(*place) for place in wrapped}
    for (owner, name), function in wrapped.items():
        setattr(owner, name, function)
    try:
        yield _requests(tracer, app)
    finally:
        for (owner, name), function in before.items():
            setattr(owner, name, function)
        provider.force_flush(STOP_DEADLINE_MS)
        provider.shutdown()


def sent_to(endpoint: str) -> SpanProcessor:
    """Sends spans to a collector over HTTP, in the background; what it does not take in time is dropped."""
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))


def _requests(tracer: trace.Tracer, app: App) -> App:
    async def traced(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        status = 0

        async def send_noted(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        with tracer.start_as_current_span(method, _parent(scope), SpanKind.SERVER) as span:
            await app(scope, receive, send_noted)
            route = scope.get("path_template")
            if route:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.response.status_code", status)
            span.set_attribute("throughline.request", scope["throughline.request"])
            if REFUSAL in scope:
                span.set_attribute("throughline.refusal", scope[REFUSAL])
            if status >= 500:
                span.set_status(StatusCode.ERROR)

    return traced


def _parent(scope: Any) -> Context:
    """The caller's span, when the request names one in the one form that is taken."""
    echoed(scope)
    header = scope.get(TRACE)
    return _propagator.extract({"traceparent": header.decode()} if header else {}, Context())


def _submit(submit: Callable[[Writer, Ask], None]) -> Callable[[Writer, Ask], None]:
    @wraps(submit)
    def noted(writer: Writer, ask: Ask) -> None:
        submit(writer, ask)  # raises when too many wait; what it takes is started in the loop's next turn
        _asked[id(ask)] = trace.get_current_span().get_span_context()
        ask.answer.add_done_callback(lambda _: _asked.pop(id(ask), None))

    return noted


# Whose request each waiting ask is of; an entry goes with its answer.
_asked: dict[int, SpanContext] = {}


def _group(tracer: trace.Tracer, commit: Callable[[Writer, list[Ask]], Awaitable[None]]) -> Any:
    @wraps(commit)
    async def traced(writer: Writer, asks: list[Ask]) -> None:
        spans = [found for ask in asks[:LINKS_MAX] if (found := _asked.get(id(ask))) is not None and found.is_valid]
        parent = trace.set_span_in_context(trace.NonRecordingSpan(spans[0]), Context()) if spans else Context()
        with tracer.start_as_current_span("append", parent, links=[Link(one) for one in spans[1:]]) as span:
            span.set_attribute("throughline.asks", len(asks))
            span.set_attribute("throughline.facts", sum(len(ask.proposals) for ask in asks))
            await commit(writer, asks)

    return traced


def _prepared(tracer: trace.Tracer, call: Callable[..., Awaitable[Any]]) -> Any:
    @wraps(call)
    async def traced(self: Prepared, *arguments: Any) -> Any:
        if not trace.get_current_span().is_recording():
            return await call(self, *arguments)
        with _sql(tracer, self.name):
            return await call(self, *arguments)

    return traced


def _sent(tracer: trace.Tracer, send: Callable[..., Awaitable[Any]]) -> Any:
    @wraps(send)
    async def traced(self: Commits, *arguments: Any) -> Any:
        with _sql(tracer, "append"):
            return await send(self, *arguments)

    return traced


def _read(tracer: trace.Tracer, read: Callable[..., Awaitable[Any]]) -> Any:
    @wraps(read)
    async def traced(self: Store, sql: str, parameters: Any) -> Any:
        if not trace.get_current_span().is_recording():  # the process's own looks at the database are nobody's request
            return await read(self, sql, parameters)
        with _sql(tracer, sql.partition("\n")[0].removeprefix("-- ")[:SUMMARY_CHARS_MAX]):
            return await read(self, sql, parameters)

    return traced


@contextmanager
def _sql(tracer: trace.Tracer, summary: str) -> Iterator[trace.Span]:
    attributes = {"db.system.name": "postgresql", "db.query.summary": summary}
    with tracer.start_as_current_span("SQL", kind=SpanKind.CLIENT, attributes=attributes) as span:
        yield span
