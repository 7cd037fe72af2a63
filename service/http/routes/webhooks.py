"""Webhooks: facts sent to an address as they are recorded. Owners handle all of a workspace, others their own."""

from datetime import datetime, timedelta
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import JSON, Answer, as_json, encode
from service.http.calls import Call
from service.http.cursors import binding, cursor, link_next, next_page, place_of
from service.http.documented import LINK
from service.http.keys import NO_STORE, Rotation, decode_rotation
from service.http.operations import KEYED, WRITES, Operation, Reply
from service.http.questions import PAGE_DEFAULT, Cursor, Limit, Nothing
from service.http.webhooks import (
    MADE,
    SHOWN,
    DeliveriesAnswer,
    From,
    NewWebhook,
    TestSent,
    WebhooksAnswer,
    decode_from,
    decode_new,
    delivery_shown,
    made,
    shown,
    tried,
    wish,
)


class DeliveriesAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the deliveries."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


async def create_webhook(request: Call) -> Answer:
    """Answer `POST /v1/webhooks`."""
    request.question(Nothing)
    asked = await request.sent(decode_new)
    position = await request.ledger.reached(request.identity, asked.start)
    created = await request.ledger.webhooks.create(request.identity, wish(asked), position)
    return as_json(made(*created), NO_STORE, code=201)


async def list_webhooks(request: Call) -> Answer:
    """Answer `GET /v1/webhooks`."""
    request.question(Nothing)
    return as_json(WebhooksAnswer(list(map(shown, await request.ledger.webhooks.all(request.identity)))))


async def read_webhook(request: Call) -> Answer:
    """Answer `GET /v1/webhooks/{webhook_id}`."""
    request.question(Nothing)
    return as_json(shown(await request.ledger.webhooks.find(request.identity, request.id("webhook_id"))))


async def delete_webhook(request: Call) -> Answer:
    """Answer `DELETE /v1/webhooks/{webhook_id}`."""
    request.question(Nothing)
    return as_json(shown(await request.ledger.webhooks.delete(request.identity, request.id("webhook_id"))))


async def rotate_webhook_secret(request: Call) -> Answer:
    """Answer `POST /v1/webhooks/{webhook_id}/rotate`."""
    request.question(Nothing)
    webhook_id = request.id("webhook_id")
    overlap = timedelta(seconds=(await request.sent(decode_rotation)).overlap_s)
    rotated = await request.ledger.webhooks.rotate(request.identity, webhook_id, overlap)
    return as_json(made(*rotated), NO_STORE, code=201)


async def pause_webhook(request: Call) -> Answer:
    """Answer `POST /v1/webhooks/{webhook_id}/pause`."""
    request.question(Nothing)
    return as_json(shown(await request.ledger.webhooks.pause(request.identity, request.id("webhook_id"))))


async def resume_webhook(request: Call) -> Answer:
    """Answer `POST /v1/webhooks/{webhook_id}/resume`."""
    request.question(Nothing)
    return as_json(shown(await request.ledger.webhooks.resume(request.identity, request.id("webhook_id"))))


async def replay_webhook(request: Call) -> Answer:
    """Answer `POST /v1/webhooks/{webhook_id}/replay`."""
    request.question(Nothing)
    webhook_id = request.id("webhook_id")
    start = (await request.sent(decode_from)).start
    position = await request.ledger.reached(request.identity, start)
    return as_json(shown(await request.ledger.webhooks.replay(request.identity, webhook_id, position)))


async def test_webhook(request: Call) -> Answer:
    """Answer `POST /v1/webhooks/{webhook_id}/test`."""
    request.question(Nothing)
    return as_json(tried(await request.ledger.webhooks.test(request.identity, request.id("webhook_id"))))


async def list_deliveries(request: Call) -> Answer:
    """Answer `GET /v1/webhooks/{webhook_id}/deliveries`."""
    asked = request.question(DeliveriesAsked)
    webhook_id = request.id("webhook_id")
    bound_to = binding("deliveries", webhook_id, *request.asker)
    after = None if asked.cursor is None else place_of(asked.cursor, bound_to, tuple[datetime, UUID])
    rows = await request.ledger.webhooks.deliveries(request.identity, webhook_id, after, asked.limit + 1)
    page, following, headers = rows[: asked.limit], None, [JSON]
    if len(rows) > asked.limit:
        following = next_page(request.scope, cursor(bound_to, (page[-1].at, page[-1].delivery_id)))
        headers.append(link_next(following))
    return Answer(encode(DeliveriesAnswer(list(map(delivery_shown, page)), following)), *headers)


_READS = (*KEYED, "not-found")
_BODIES = (*WRITES, "not-found")

ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="POST",
        path="/v1/webhooks",
        id="create_webhook",
        tag="webhooks",
        summary="Send facts to an address as they are recorded, signed after Standard Webhooks",
        description="Each fact that the caller's key may see, and that is asked for, is sent as a CloudEvent, in the "
        "order of the log and one at a time: what the receiver does not take holds back what comes after it, for up "
        "to three days. It is sent at least once, always under the same `webhook-id`.",
        permission="forward",
        bodies=(NewWebhook,),
        replies=MADE,
        problems=(*WRITES, "position-ahead", "too-many-webhooks", "webhook-without-key", "webhook-address-refused"),
    ).route(create_webhook),
    Operation(
        method="GET",
        path="/v1/webhooks",
        id="list_webhooks",
        tag="webhooks",
        summary="The webhooks that the caller handles: an owner all, others their own",
        permission="forward",
        replies=(Reply(200, "The webhooks, without their secrets", WebhooksAnswer),),
        problems=KEYED,
    ).route(list_webhooks),
    Operation(
        method="GET",
        path="/v1/webhooks/{webhook_id:str}",
        id="read_webhook",
        tag="webhooks",
        summary="A webhook: how far it is, and what keeps it",
        permission="forward",
        replies=SHOWN,
        problems=_READS,
    ).route(read_webhook),
    Operation(
        method="DELETE",
        path="/v1/webhooks/{webhook_id:str}",
        id="delete_webhook",
        tag="webhooks",
        summary="Send nothing there any more; its secret and its deliveries are let go",
        permission="forward",
        replies=(Reply(200, "The webhook as it was", SHOWN[0].content),),
        problems=_READS,
    ).route(delete_webhook),
    Operation(
        method="POST",
        path="/v1/webhooks/{webhook_id:str}/rotate",
        id="rotate_webhook_secret",
        tag="webhooks",
        summary="Another secret; the old one signs beside it until the overlap is over",
        permission="forward",
        bodies=(Rotation,),
        replies=MADE,
        problems=_BODIES,
    ).route(rotate_webhook_secret),
    Operation(
        method="POST",
        path="/v1/webhooks/{webhook_id:str}/pause",
        id="pause_webhook",
        tag="webhooks",
        summary="Send nothing until it is resumed; its place is kept",
        permission="forward",
        replies=SHOWN,
        problems=_READS,
    ).route(pause_webhook),
    Operation(
        method="POST",
        path="/v1/webhooks/{webhook_id:str}/resume",
        id="resume_webhook",
        tag="webhooks",
        summary="Send on at once, whatever it waited for or was stopped for",
        description="Called by whose webhook it is, it sees from then on with the key of this call.",
        permission="forward",
        replies=SHOWN,
        problems=(*_READS, "webhook-without-key"),
    ).route(resume_webhook),
    Operation(
        method="POST",
        path="/v1/webhooks/{webhook_id:str}/replay",
        id="replay_webhook",
        tag="webhooks",
        summary="Go on from another position: before where it is to send again, after it to skip",
        description="What is sent again has the `webhook-id` that it had. One that is paused or stopped stays so.",
        permission="forward",
        bodies=(From,),
        replies=SHOWN,
        problems=(*_BODIES, "position-ahead"),
    ).route(replay_webhook),
    Operation(
        method="POST",
        path="/v1/webhooks/{webhook_id:str}/test",
        id="test_webhook",
        tag="webhooks",
        summary="Send a message of the type `webhook.test` now, and tell what came of it",
        permission="forward",
        replies=(Reply(200, "What came of it", TestSent),),
        problems=_READS,
    ).route(test_webhook),
    Operation(
        method="GET",
        path="/v1/webhooks/{webhook_id:str}/deliveries",
        id="list_deliveries",
        tag="webhooks",
        summary="What came of sending, attempt by attempt, the newest first",
        permission="forward",
        question=DeliveriesAsked,
        replies=(Reply(200, "The attempts; no content is kept", DeliveriesAnswer, headers=(LINK,)),),
        problems=(*_READS, "cursor-not-valid"),
    ).route(list_deliveries),
]
