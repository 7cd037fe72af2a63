"""The process's figures, for Prometheus. Who may read them is decided here, and not by the keys of any workspace."""

import hmac
from ipaddress import ip_address
from typing import Any

from litestar.handlers import HTTPRouteHandler

from service.http.answers import Answer
from service.http.calls import Call
from service.http.metrics import CONTENT_TYPE, Figures, written
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problems import not_found
from service.http.questions import Nothing

# What a proxy adds: behind one on this machine everybody's calls come from this machine.
FORWARDED = frozenset({b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"})


async def metrics(request: Call) -> Answer:
    """Answer `GET /metrics`; to whom it is not for, there is nothing here."""
    request.question(Nothing)
    if not may_read(request.scope, request.settings.host, request.settings.metrics_key):
        raise not_found()
    settings = request.settings
    bounds = settings.queue_proposals_max, settings.cached_events_max
    figures = Figures(request.ledger, request.shared.requests.counts, *bounds)
    return Answer(await written(figures), (b"content-type", CONTENT_TYPE))


def may_read(scope: Any, host: str, key: str | None) -> bool:
    """With a key set: whoever shows it. Without: programs of this machine, while the service listens to it alone."""
    headers = scope["headers"]
    if key is not None:
        shown = next((value for name, value in headers if name == b"authorization"), b"")
        return hmac.compare_digest(shown, b"Bearer " + key.encode())
    client = scope["client"]
    here = client is not None and _loopback(client[0]) and (host == "localhost" or _loopback(host))
    return here and not any(name in FORWARDED for name, _ in headers)


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/metrics",
        id="metrics",
        tag="service",
        summary="The figures of this process, for Prometheus",
        description="For whoever shows THROUGHLINE_METRICS_KEY as a bearer key. Without that setting: for programs of "
        "the service's own machine, while it listens on a loopback address. To anybody else there is nothing here.",
        permission=None,
        replies=(Reply(200, "Counters, gauges and histograms as text", str, "text/plain"),),
        problems=(*PUBLIC, "not-found"),
    ).route(metrics),
]
