"""Syncing: devices push what they recorded offline, pull what others recorded, and ask what became of theirs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Raw, Struct, field

from domain.events import RecordedEvent
from domain.facts import stream_uuid
from domain.fields import Instant
from service.http.answers import Answer, as_json, position_header
from service.http.calls import Call
from service.http.cursors import binding, cursor, link_next, next_page, place_of
from service.http.documented import LINK, POSITION, StreamReset
from service.http.openapi_schemas import REF
from service.http.operations import KEYED, READS, WRITES, Operation, Reply
from service.http.permissions import ROLE_MAY
from service.http.problem_kinds import ALL_KINDS
from service.http.problems import not_found
from service.http.questions import PAGE_DEFAULT, Cursor, Limit, Position
from service.http.routes.feed import Streams
from service.http.synced import EITHER, ITEMS_MAX, Sent, SyncPush, pushed
from service.ledger.feed.entries import Wanted, reset_json
from service.ledger.refusals import OtherLog, PositionAhead
from service.ledger.sync.devices import FIRST
from service.ledger.sync.verdicts import Deferred, Item, Reason, Refused, Settled, Skipped, Verdict

Mark = Annotated[
    str, Meta(pattern="^(?:[0-9a-f]{64})?$", description="What tells this log from another: the leaf before `position`")
]


class SyncCheckpoint(Struct):
    """How far a device has pulled. Give it back whole: as `from` and `mark`."""

    position: Position
    mark: Mark


class ItemProblem(Struct, omit_defaults=True):
    """Why an item is refused, with the members that another call's problem of this type has. It has no `instance`."""

    type: Annotated[str, Meta(description="/problems/<slug>, which explains it")]
    title: str
    status: int
    detail: Annotated[str, Meta(description="This case in a sentence")]
    rule: Annotated[str, Meta(description="The rule in one sentence")] | None = None
    accepted: Annotated[Any, Meta(description="What would be accepted instead")] = None
    pointer: Annotated[str, Meta(description="JSON pointer of the first fault in the item")] | None = None


_PROBLEM = Meta(extra_json_schema={"$ref": REF.format(name=ItemProblem.__name__)})


class ItemVerdict(Struct, omit_defaults=True, kw_only=True):
    """What became of an item; see the page on syncing. Members that do not apply are absent.

    `expected` is the sequence that was to come (`gap`), `after` that of the proposal it waits for (`behind`), `missing`
    the id that is not there (`reference`).
    """

    device_sequence: int
    event_id: UUID | None = None
    status: Literal["accepted", "duplicate", "refused", "deferred"]
    position: Position | None = None
    stream_version: int | None = None
    problem: Annotated[dict[str, Any], _PROBLEM] | None = None
    refused_at: Instant | None = None
    reason: Reason | None = None
    expected: int | None = None
    after: int | None = None
    missing: str | None = None
    retry_after_s: int | None = None


class PushAnswer(Struct):
    """A verdict for every item, in the order in which they were sent."""

    server_time: Instant
    device_ahead_s: Annotated[float, Meta(description="How far the device's clock is ahead; negative: behind")]
    epoch: int
    expected_sequence: int
    items: list[ItemVerdict]
    signed_checkpoint: str | None


class PullAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where, and what of it."""

    start: Annotated[Position, Meta(description="`position` of the last checkpoint; absent: the start")] = field(
        default=0, name="from"
    )
    mark: Mark = ""
    limit: Limit = PAGE_DEFAULT
    streams: Streams | None = None


class PullAnswer(Struct):
    """Facts by position, and streams that are to be read anew before the fact at the same position is taken."""

    events: list[RecordedEvent]
    resets: list[StreamReset]
    checkpoint: SyncCheckpoint
    has_more: bool
    server_time: Instant
    signed_checkpoint: str | None


class OutcomesAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of which device."""

    device: UUID
    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


class OutcomesAnswer(Struct):
    """Where a device is at, and what it was refused, the oldest first. What was accepted is in the log."""

    device_id: UUID
    epoch: int
    expected_sequence: int
    items: list[ItemVerdict]
    next: str | None


class MissingAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Event ids that the device has."""

    event_ids: Annotated[tuple[UUID, ...], Meta(max_length=ITEMS_MAX)]


class MissingAnswer(Struct):
    """Those of them that name no fact that the caller may see."""

    missing: list[UUID]


_decode_missing = msgspec.json.Decoder(MissingAsked).decode


async def push(request: Call) -> Answer:
    """Answer `POST /v1/sync/push`."""
    sent = await request.sent(pushed)
    ledger, identity = request.ledger, request.identity
    server_time = request.now()
    may_open = "open" in ROLE_MAY[identity.caller.role]
    done = await ledger.sync.push(identity, sent.device_id, sent.epoch, sent.items, may_open=may_open)
    answer = PushAnswer(
        server_time,
        round((sent.device_now - server_time).total_seconds(), 3),
        done.epoch,
        done.expected,
        _verdicts(sent, done.verdicts),
        await _signed(request),
    )
    return as_json(answer)


def _verdicts(sent: Sent, verdicts: list[Verdict]) -> list[ItemVerdict]:
    return [_verdict(item, verdict) for item, verdict in zip(sent.items, verdicts, strict=True)]


def _verdict(item: Item | Skipped, verdict: Verdict) -> ItemVerdict:
    event_id = None if isinstance(item, Skipped) else item.event_id
    if isinstance(verdict, Refused):
        return _refusal(item.device_sequence, event_id, verdict)
    if isinstance(verdict, Settled):
        return ItemVerdict(
            device_sequence=item.device_sequence,
            event_id=event_id,
            status=verdict.status,
            position=verdict.position,
            stream_version=verdict.stream_version,
        )
    return ItemVerdict(device_sequence=item.device_sequence, event_id=event_id, status="deferred", **_deferral(verdict))


def _deferral(verdict: Deferred) -> dict[str, Any]:
    return {name: getattr(verdict, name) for name in Deferred.__struct_fields__}


def _refusal(sequence: int, event_id: UUID | None, verdict: Refused) -> ItemVerdict:
    """The refusal with its problem, which is what another call would have been answered."""
    kind = ALL_KINDS[verdict.problem.slug]
    standard = {"type": kind.type, "title": kind.title, "status": kind.status, "detail": verdict.problem.detail}
    told = {"rule": kind.rule, "accepted": kind.remedy} | dict(verdict.problem.members) | standard
    return ItemVerdict(
        device_sequence=sequence,
        event_id=event_id,
        status="refused",
        problem=told,
        refused_at=verdict.refused_at,
    )


async def pull(request: Call) -> Answer:
    """Answer `GET /v1/sync/pull`."""
    asked = request.question(PullAsked)
    ledger, identity = request.ledger, request.identity
    if asked.mark and asked.mark != await ledger.sync.mark(identity.workspace_id, asked.start):
        raise OtherLog
    wanted = Wanted(None if asked.streams is None else frozenset(map(stream_uuid, asked.streams.split(","))))
    try:
        found, following, position = await ledger.feed(identity, wanted, asked.start, asked.limit)
    except PositionAhead:
        raise OtherLog from None
    answer = {
        "events": [Raw(item.entry.body) for item in found if item.event],
        "resets": [Raw(reset_json(item)) for item in found if item.reset],
        "checkpoint": SyncCheckpoint(following, await ledger.sync.mark(identity.workspace_id, following)),
        "has_more": following < position,
        "server_time": request.now(),
        "signed_checkpoint": await _signed(request),
    }
    return as_json(answer, position_header(position))


async def outcomes(request: Call) -> Answer:
    """Answer `GET /v1/sync/outcomes`."""
    asked = request.question(OutcomesAsked)
    ledger, identity = request.ledger, request.identity
    bound_to = binding(request.asker, request.scope["path"], asked.device)
    after = FIRST if asked.cursor is None else place_of(asked.cursor, bound_to, tuple[datetime, UUID, bytes])
    device = await ledger.sync.device(identity, asked.device)
    if device is None:
        raise not_found()
    found = await ledger.sync.refusals(identity, asked.device, after, asked.limit + 1)
    items = found[: asked.limit]
    following = None
    if len(found) > asked.limit:
        following = next_page(request.scope, cursor(bound_to, items[-1].place))
    listed = [_refusal(one.device_sequence, one.event_id, one.refused) for one in items]
    answer = OutcomesAnswer(asked.device, *device, listed, following)
    return as_json(answer, *([] if following is None else [link_next(following)]))


async def missing(request: Call) -> Answer:
    """Answer `POST /v1/sync/missing`."""
    asked = await request.sent(_decode_missing)
    return as_json(MissingAnswer(await request.ledger.missing(request.identity, asked.event_ids)))


async def _signed(request: Call) -> str | None:
    """The newest signed checkpoint, which whoever keeps it can later hold against the log; None before the first."""
    head = await request.ledger.checkpoints.newest(request.identity.workspace_id)
    return None if head is None else head.note


BODIES = tuple(slug for slug in WRITES if slug not in ("event-id-reused", "overloaded", "fact-unreadable"))

ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="POST",
        path="/v1/sync/push",
        id="push",
        tag="sync",
        summary="Record what a device recorded while it was offline",
        description=f"Up to {ITEMS_MAX} proposals of one device, on any streams. The answer always lists every item: "
        "`accepted` and `duplicate` are in the log; `refused` is for good, and is answered the same whenever it is "
        "sent again within 180 days; `deferred` may be sent again as it is. A refused item never keeps those behind "
        "it. Send everything again when no answer came.",
        permission="record",
        bodies=(SyncPush,),
        shapes=(*EITHER, ItemProblem),
        replies=(Reply(200, "A verdict for every item", PushAnswer),),
        problems=(*BODIES, "device-fenced", "too-many-devices"),
    ).route(push),
    Operation(
        method="GET",
        path="/v1/sync/pull",
        id="pull",
        tag="sync",
        summary="What was recorded since a checkpoint, as far as the caller may see it",
        description="Facts as they are recorded, corrections, voids and erasures among them, and `resets` of streams "
        "of which the caller sees another part since: drop it and read it anew. Give `checkpoint` back as `from` and "
        "`mark`, also when there was nothing.",
        question=PullAsked,
        replies=(Reply(200, "What was recorded", PullAnswer, headers=(POSITION,)),),
        problems=(*READS, "other-log"),
    ).route(pull),
    Operation(
        method="GET",
        path="/v1/sync/outcomes",
        id="list_outcomes",
        tag="sync",
        summary="Where one of the caller's devices is at, and what it was refused",
        question=OutcomesAsked,
        replies=(Reply(200, "The verdicts", OutcomesAnswer, headers=(LINK,)),),
        problems=(*KEYED, "cursor-not-valid", "not-found"),
    ).route(outcomes),
    Operation(
        method="POST",
        path="/v1/sync/missing",
        id="list_missing",
        tag="sync",
        summary="Which of a device's facts are not here",
        bodies=(MissingAsked,),
        replies=(Reply(200, "Those that are not", MissingAnswer),),
        problems=(*BODIES, "fact-unreadable"),
    ).route(missing),
]
