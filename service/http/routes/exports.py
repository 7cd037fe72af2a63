"""Exports: bundles of one stream or of the whole log, streamed as they are made."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from litestar.types import Receive, Scope, Send
from msgspec import Meta, Struct

from domain.events.workspace import ExportMade
from service.http.asked_views import policy_asked
from service.http.calls import Call
from service.http.operations import KEYED, READS, Operation, Reply
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import Nothing, PolicyKey
from service.http.routes.log import Size
from service.ids import new_id
from service.ledger import members
from service.ledger.questions import PartiesQuestion
from service.ledger.receipts import ReceiptsAsked

JSON_LINES = "application/jsonl"
ABOUT = (
    "A line of JSON for each fact, with what its digests were made of as far as the caller may see it, and the proof "
    "that it is in the log and that none is left out; first a manifest with the signed checkpoint. After the facts "
    "come policies, and a score receipt for each deal and goal: trust, with the position of every fact in it. "
    "Checked offline by `throughline verify`; docs/proving.md describes the lines. Recorded as `export.made` on the "
    "workspace's own stream, before the first line. 404 also when `since` is not signed for yet."
)


class ExportAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """With the proof that the log only grew since a checkpoint of that size; with score receipts of that moment, under
    that policy."""

    since: Size | None = None
    as_of: Annotated[datetime, Meta(tz=True, description="The moment of the receipts; absent: now")] | None = None
    policy: PolicyKey | None = None


class Lines:
    """An answer whose lines are sent while they are made. Its own ASGI response, as `Answer` is.

    What fails in between ends the connection, so that nobody takes the beginning of a bundle for all of it.
    """

    def __init__(self, lines: AsyncGenerator[bytes, None], name: str) -> None:
        self.lines = lines
        self.name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        headers = [
            (b"content-type", JSON_LINES.encode()),
            (b"content-disposition", f'attachment; filename="{self.name}.jsonl"'.encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        gone = asyncio.create_task(_disconnected(receive))
        try:
            async for lines in self.lines:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": lines, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            await self.lines.aclose()
            await self.lines.aclose()


async def _disconnected(receive: Receive) -> None:
    """Return once the reader has gone; nothing would tell the sender."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _receipts(request: Call, asked: ExportAsked) -> ReceiptsAsked:
    at = request.now() if asked.as_of is None else asked.as_of
    return ReceiptsAsked(at, policy_asked(request, asked.policy), request.policies)


async def export_log(request: Call) -> Lines:
    """Answer `GET /v1/export`."""
    asked = request.question(ExportAsked)
    bundle = await request.ledger.export(request.identity, None, asked.since, _receipts(request, asked))
    await _record(request, ExportMade(export_id=new_id(request.now()), scope="workspace", size=bundle.size))
    return Lines(bundle.lines, "log")


async def export_person(request: Call) -> Lines:
    """Answer `GET /v1/parties/{party_id}/export`."""
    request.question(Nothing)
    party_id = request.id("party_id")
    if not await _is_there(request, party_id):
        raise not_found()
    export_id = new_id(request.now())
    await _record(request, ExportMade(export_id=export_id, scope="party", party_id=party_id))
    return Lines(await request.ledger.export_person(request.identity, party_id, export_id), f"party-{party_id}")


async def _record(request: Call, made: ExportMade) -> None:
    """Note that a copy leaves the service. What cannot be noted does not leave."""
    identity = request.identity
    await members.record(request.ledger, identity.workspace_id, [made], identity.caller.actor)


async def _is_there(request: Call, party_id: UUID) -> bool:
    """Whether a party takes part in a stream that the caller may know of, or belongs or belonged to the workspace."""
    if (await request.ledger.parties(request.identity, PartiesQuestion(limit=1, party=party_id))).parties:
        return True
    now = await members.members_now(request.ledger, request.identity.workspace_id)
    thing = None if now is None else now.thing(party_id)
    return thing is not None and thing.kind == "member"


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that exports one stream."""

    async def export_stream(request: Call) -> Lines:
        asked = request.question(ExportAsked)
        stream_id = request.stream_id(kind)
        bundle = await request.ledger.export(request.identity, stream_id, asked.since, _receipts(request, asked))
        name = stream_id if bundle.named else None
        made = ExportMade(export_id=new_id(request.now()), scope="stream", stream_id=name, size=bundle.size)
        await _record(request, made)
        return Lines(bundle.lines, stream_id.replace("/", "-"))

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/export",
            id=f"export_{kind}",
            tag="log",
            summary=f"A {kind} with the proof of it, to be checked elsewhere",
            description=ABOUT,
            question=ExportAsked,
            replies=(Reply(200, "The bundle", media_type=JSON_LINES),),
            problems=(*KEYED, "fact-unreadable", "not-found", "not-checkpointed"),
        ).route(export_stream)
    ]


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/export",
        id="export_log",
        tag="log",
        summary="The whole log with the proof of it, to be checked elsewhere",
        description=ABOUT + " Of streams that the caller may not know of, the leaves alone.",
        question=ExportAsked,
        replies=(Reply(200, "The bundle", media_type=JSON_LINES),),
        problems=(*KEYED, "fact-unreadable", "not-found", "not-checkpointed"),
    ).route(export_log),
    Operation(
        method="GET",
        path="/v1/parties/{party_id:str}/export",
        id="export_party",
        tag="parties",
        summary="What is held on a person: every fact that they recorded, that was their act, or that is about them",
        description="A line of JSON for each fact that the owner may see, with `why` it is held on the person: "
        "`recorded`, `acted`, `subject` (its words are about them and go with them) or `named`; first a manifest, last "
        "an end with the number of facts. Recorded as `export.made` on the workspace's own stream, before the first "
        "line. Reads every stream of the workspace.",
        permission="erase",
        replies=(Reply(200, "The facts", media_type=JSON_LINES),),
        problems=(*READS, "not-found"),
    ).route(export_person),
]
