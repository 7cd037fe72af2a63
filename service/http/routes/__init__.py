"""One module per resource. A route makes its question, calls one function and renders; rules and SQL stay out."""

from litestar.handlers import HTTPRouteHandler

from service.http.proposals import OPENED_BY
from service.http.routes import (
    agenda,
    audit,
    catalogue,
    credentials,
    difference,
    documents,
    events,
    exports,
    feed,
    guests,
    health,
    lists,
    log,
    me,
    members,
    parties,
    projections,
    recording,
    replay,
    streams,
    timeline,
)

ROUTES: list[HTTPRouteHandler] = [
    route
    for kind in OPENED_BY
    for module in (
        lists,
        streams,
        projections,
        timeline,
        events,
        replay,
        difference,
        audit,
        recording,
        log,
        exports,
        guests,
    )
    for route in module.routes(kind)
] + [
    route
    for module in (agenda, parties, feed, log, exports, audit, me, members, credentials, catalogue, documents, health)
    for route in module.ROUTES
]
"""Every call of the service, in the order of the documentation."""
