"""How webhooks are sent and shown: a secret leaves once, with the answer that makes it."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from domain.events import CATALOGUE
from domain.fields import Title
from service.http.bodies import malformed
from service.http.documented import CloudEvent
from service.http.operations import Reply, Told
from service.http.questions import Instant, Position
from service.ledger.webhooks.addresses import URL_CHARS_MAX
from service.ledger.webhooks.records import Delivery, Kind, MessageKind, Outcome, Reason, Sent, State, Webhook, Wish
from service.ledger.webhooks.schedule import GIVE_UP
from service.ledger.webhooks.secrets import Secret

# Longer lists are another question: everything, or everything of a kind.
NAMES_MAX = 50
STREAM_NAME = "^(deal|goal|workspace)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

Url = Annotated[
    str,
    Meta(
        min_length=10,
        max_length=URL_CHARS_MAX,
        pattern="^https?://[!-~]+$",
        description="Where to send to: an https address of a public host, unless the operator allows others",
        examples=["https://hooks.example.org/throughline"],
    ),
]
StreamName = Annotated[str, Meta(pattern=STREAM_NAME, examples=["deal/0193a000-0000-7000-8000-00000000d0a1"])]
TypeName = Annotated[str, Meta(pattern="^[a-z_]+[.][a-z_]+$", max_length=64, examples=["commitment.made"])]


class NewWebhook(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What to send where. Streams, types and kinds that are named narrow it down; resets come whatever the types."""

    url: Url
    name: Annotated[Title, Meta(description="What it is for, to tell it from others", examples=["CRM"])]
    streams: Annotated[list[StreamName], Meta(min_length=1, max_length=NAMES_MAX)] | None = None
    types: Annotated[list[TypeName], Meta(min_length=1, max_length=NAMES_MAX)] | None = None
    kinds: Annotated[list[Kind], Meta(min_length=1, max_length=3)] | None = None
    start: (
        Annotated[Position, Meta(description="The first position to send; absent: what comes from now on")] | None
    ) = msgspec.field(name="from", default=None)


class From(Struct, frozen=True, forbid_unknown_fields=True):
    """From where to go on."""

    start: Annotated[Position, Meta(description="The first position to send next, before or after where it is")] = (
        msgspec.field(name="from")
    )


class WebhookShown(Struct, frozen=True, kw_only=True):
    """A webhook. It sends what the key `credential_id` sees; `position` is the first that was not looked at yet.

    While it fails, `attempts` counts those in vain, and `gives_up_at` says when it stops by itself; `reason` is why it
    did: the receiver is `gone` (410), was `failing` for too long, the key opens nothing any more (`key-ended`), or the
    role may not have webhooks (`role-forbids`). The secret before signs as well until `old_secret_until`.
    """

    webhook_id: UUID
    name: str
    url: str
    party_id: UUID
    credential_id: UUID
    streams: list[str] | None
    types: list[str] | None
    kinds: list[Kind] | None
    state: State
    reason: Reason | None
    position: int
    previous_position: int | None
    attempts: int
    failing_since: Instant | None
    next_attempt_at: Instant | None
    gives_up_at: Instant | None
    old_secret_until: Instant | None
    created_at: Instant


class WebhookMade(Struct, frozen=True):
    """A webhook with a secret that was made now. `secret` is shown this once."""

    secret: Annotated[str, Meta(examples=["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="])]
    webhook: WebhookShown


class WebhooksAnswer(Struct, frozen=True):
    """All webhooks that the caller handles, the newest first: a workspace has few."""

    items: list[WebhookShown]


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """One attempt to send. `status` is what the receiver answered; null when it did not."""

    delivery_id: UUID
    at: Instant
    message: MessageKind
    position: int | None
    attempt: int
    outcome: Outcome
    status: int | None
    took_ms: int


class DeliveriesAnswer(Struct, frozen=True):
    """One page of attempts, the newest first."""

    items: list[DeliveryShown]
    next: str | None


class WebhookMessage(CloudEvent, omit_defaults=True):
    """One fact, one reset (`stream.reset`) or one test (`webhook.test`). `previoussequence` is the message before it.

    A message that would be too large has no `data`, but `dataref`: the address of the fact.
    """

    previoussequence: str = ""
    dataref: str = ""


class TestSent(Struct, frozen=True):
    """What came of a test message."""

    outcome: Outcome
    status: int | None
    took_ms: int


decode_new = msgspec.json.Decoder(NewWebhook).decode
decode_from = msgspec.json.Decoder(From).decode

SECRET_IS_SHOWN = Told("Cache-Control", "Also `no-store`: the answer holds a secret")
SIGNED = (
    Told("webhook-id", "The message's id, the same whenever it is sent", {"type": "string"}),
    Told("webhook-timestamp", "When it was sent, in seconds since 1970", {"type": "string", "pattern": "^[0-9]+$"}),
    Told("webhook-signature", "One or more of `v1,<base64>`, separated by spaces", {"type": "string"}),
)
MADE = (Reply(201, "The webhook and its secret, shown this once", WebhookMade, headers=(SECRET_IS_SHOWN,)),)
SHOWN = (Reply(200, "The webhook", WebhookShown),)


def wish(asked: NewWebhook) -> Wish:
    """What is asked for; a 400 problem when a type is not one."""
    for index, name in enumerate(asked.types or ()):
        if name not in CATALOGUE:
            raise malformed(f"`{name}` is no type of fact.", f"/types/{index}", "types listed by GET /v1/catalogue")
    return Wish(name=asked.name, url=asked.url, streams=asked.streams, types=asked.types, kinds=asked.kinds)


def shown(webhook: Webhook) -> WebhookShown:
    """A stored webhook as it is told."""
    since = webhook.failing_since
    return WebhookShown(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        party_id=webhook.party_id,
        credential_id=webhook.credential_id,
        streams=webhook.streams,
        types=webhook.types,
        kinds=webhook.kinds,
        state=webhook.state,
        reason=webhook.reason,
        position=webhook.position,
        previous_position=webhook.previous,
        attempts=webhook.attempts,
        failing_since=since,
        next_attempt_at=webhook.next_attempt_at if webhook.state == "active" else None,
        gives_up_at=since + GIVE_UP if since is not None and webhook.state == "active" else None,
        old_secret_until=webhook.old_secret_until,
        created_at=webhook.created_at,
    )


def made(webhook: Webhook, secret: Secret) -> WebhookMade:
    """The same with its secret, in the clear."""
    return WebhookMade(secret.shown, shown(webhook))


def delivery_shown(delivery: Delivery) -> DeliveryShown:
    """A kept attempt as it is told."""
    return DeliveryShown(**{name: getattr(delivery, name) for name in DeliveryShown.__struct_fields__})


def tried(sent: Sent) -> TestSent:
    """The outcome of a test as it is told."""
    return TestSent(sent.outcome, sent.status, sent.took_ms)
