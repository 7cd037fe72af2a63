"""One module per resource. A route makes its question, calls one function and renders; rules and SQL stay out."""

from litestar.handlers import HTTPRouteHandler

from service.http.proposals import OPENED_BY
from service.http.routes import (
    across,
    agenda,
    audit,
    catalogue,
    credentials,
    difference,
    documents,
    erasures,
    events,
    exports,
    feed,
    guests,
    health,
    lists,
    log,
    me,
    members,
    metrics,
    parties,
    policies,
    projections,
    receipts,
    recording,
    replay,
    streams,
    sync,
    timeline,
    trust_history,
    vectors,
    voided_trust,
    webhooks,
)

_OF_A_STREAM = (
    *(lists, streams, projections, trust_history, voided_trust, timeline, events, replay, difference),
    *(receipts, audit, recording, log, exports, guests),
)
_OF_A_WORKSPACE = (
    *(agenda, parties, across, feed, sync, log, exports, audit, me, members, credentials, webhooks, erasures),
    *(catalogue, policies, vectors, documents, health, metrics),
)
ROUTES: list[HTTPRouteHandler] = [
    *(route for kind in OPENED_BY for module in _OF_A_STREAM for route in module.routes(kind)),
    *(route for module in _OF_A_WORKSPACE for route in module.ROUTES),
]
"""Every call of the service, in the order of the documentation."""
