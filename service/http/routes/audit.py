"""The record of a stream, or of the workspace itself, for auditors: who recorded what, when, and for whom."""

from datetime import datetime
from itertools import islice
from typing import Literal, cast
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.facts import Caller, Role
from domain.history import KnownAt, visible
from domain.stream import fold
from projections.audit import Audit, Marked
from projections.audit_entries import AuditEntry, AuditTotals
from projections.sentences import Teller
from service.http.answers import JSON, Answer, encode, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import etag_header, holds_copy
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.histories import etag_of, recorded_by
from service.http.operations import PAGES, Operation
from service.http.permissions import ROLE_MAY
from service.http.pinned import Pinned
from service.http.problems import Problem
from service.http.proposals import Kind
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, PartyOrMe, Position, Times, party_asked
from service.ledger import members


class AuditAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which part of a record, in which direction, and through whose eyes."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None
    direction: Literal["forward", "backward"] = "forward"
    only: Marked | None = None
    as_seen_by: PartyOrMe | None = None


class AuditPage(Struct):
    """Part of the record of one stream. All pages of one question know what the first one knew (`known_at`).

    With `as_seen_by` it is what that party could see at `known_at`, of what the caller may see; `seen_as` is the role
    that they had then, null where they had none and saw nothing. `totals` are of all entries, whatever `only` says.
    """

    entries: list[AuditEntry]
    next: str | None
    totals: AuditTotals
    as_seen_by: UUID | None
    seen_as: str | None
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


DESCRIPTION = (
    "In the order in which it was recorded, what was voided or set right included, with both sides of every change. "
    "Late is what was recorded more than 48 hours after it happened. `as_seen_by` takes the permission to inspect, "
    "unless one asks for oneself."
)


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that audits one stream."""

    async def audit_stream(request: Call) -> Answer:
        asked = request.question(AuditAsked)
        return await page(request, asked, request.stream_id(kind))

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/audit",
            id=f"audit_{kind}",
            tag=f"{kind}s",
            summary=f"Who recorded what on a {kind}, when and for whom, and what became of it",
            description=DESCRIPTION,
            question=AuditAsked,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(AuditPage, pages=True),
            problems=(*PAGES, "not-found"),
        ).route(audit_stream)
    ]


async def audit_workspace(request: Call) -> Answer:
    """The workspace's own stream: who belonged to it, which keys there were, what left it, what was erased."""
    return await page(request, request.question(AuditAsked), f"workspace/{request.identity.workspace_id}")


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/audit",
        id="audit_workspace",
        tag="members",
        summary="Who belonged to the workspace, which keys there were, what was exported and erased",
        description=DESCRIPTION,
        permission="inspect",
        question=AuditAsked,
        headers=(IF_NONE_MATCH,),
        replies=read_replies(AuditPage, pages=True),
        problems=(*PAGES, "not-found"),
    ).route(audit_workspace)
]


async def page(request: Call, asked: AuditAsked, stream_id: str) -> Answer:
    """One page of a record."""
    party = party_asked(asked.as_seen_by, request.identity.caller.party_id)
    if party not in (None, request.identity.caller.party_id):
        demand_inspection(request)
    history = await request.ledger.history(request.identity, stream_id)
    pinned = Pinned(request, history, asked, asked.cursor, asked.direction, asked.only, asked.as_seen_by)
    headers = [etag_header(etag_of(history)), position_header(history.position)]
    if party is None and holds_copy(request.scope, etag_of(history)):
        return not_modified(*headers)
    records = recorded_by(history, Times(as_of=asked.as_of, known_at=pinned.known_at))
    stream = fold(stream_id, [record.fact for record in records])
    eyes = None if party is None else await eyes_of(request, party, pinned.known_at)
    if party is not None:
        records = [] if eyes is None else visible(records, eyes, stream)
    audit = Audit(records, stream, Teller(stream))
    after = pinned.after[-1] if pinned.after else None
    backward = asked.direction == "backward"
    found = list(islice(audit.entries(after=after, backward=backward, only=asked.only), asked.limit + 1))
    following = None
    if len(found) > asked.limit:
        following, link = pinned.following(found[asked.limit - 1].stream_version)
        headers.append(link)
    answer = AuditPage(
        entries=found[: asked.limit],
        next=following,
        totals=audit.totals(),
        as_seen_by=party,
        seen_as=None if eyes is None else eyes.role,
        stream_id=stream_id,
        stream_version=history.version,
        as_of=asked.as_of,
        known_at=pinned.known_at,
    )
    return Answer(encode(answer), JSON, *headers)


def demand_inspection(request: Call) -> None:
    """Refuse a role that may not look through the eyes of others."""
    role = request.identity.caller.role
    if "inspect" not in ROLE_MAY[role]:
        detail = f"The role {role} may not look through the eyes of others: it takes the permission to inspect."
        raise Problem("role-forbids", detail, role=role, permission="inspect")


async def eyes_of(request: Call, party: UUID, known_at: KnownAt) -> Caller | None:
    """The caller that a party was at a moment, by the workspace's own record; None when they had no way in."""
    found = await members.roster(request.ledger, request.identity.workspace_id, known_at=known_at)
    if found is None or found.stream is None:
        return None
    for thing in found.stream.things("member"):
        if thing.id == party and thing.state != "left":
            return Caller(party, cast("Role", thing.state))
    moment = known_at if isinstance(known_at, datetime) else request.now()
    keys = [thing.fact.data for thing in found.stream.things("credential") if thing.state == "in use"]
    for key in reversed(keys):
        if key is not None and key.party_id == party and (key.expires_at is None or key.expires_at > moment):
            return Caller(party, key.role, stream_id=key.stream_id)
    return None
