"""One round of one webhook: on from where it is, fact by fact, until there is nothing more or others have their turn.

Each fact is looked at again just before it goes out: whether the key still opens anything, what it may see, and whether
content was erased. A fact is sent first and the place moved then: whoever dies in between sends it once more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import structs

from domain.facts import stream_uuid
from service.clock import Clock
from service.ledger.credentials import Identity
from service.ledger.feed.entries import Seen, Wanted
from service.ledger.meter import Meter
from service.ledger.refusals import NoSuchKey
from service.ledger.webhooks.messages import CONTENT_TYPE, Message, messages
from service.ledger.webhooks.records import Reason, Sent, Webhook
from service.ledger.webhooks.rows import HOLD_S, Place, Rows
from service.ledger.webhooks.schedule import TOTAL_S, next_attempt
from service.ledger.webhooks.secrets import Secrets, signed_headers

if TYPE_CHECKING:  # loaded when something is sent
    from service.ledger.webhooks.sending import Sender

log = logging.getLogger("throughline.webhooks")

# Who may have facts sent to an address; `service.http.permissions` says the same of the calls.
ROLES = frozenset({"owner", "service"})
# Facts read at once. What was read is looked at again after a second, as keys are everywhere.
PAGE_FACTS = 32
PAGE_TRUSTED_S = 1.0
# A webhook with much to send lets others have their turn.
ROUND_S = 10.0
# A hold is renewed before a message that might outlast it, with room for the database.
RENEW_AFTER_S = HOLD_S - TOTAL_S - 5.0

_spread = Random().random  # noqa: S311  # spreads load, guards nothing

Holder = Callable[[UUID, UUID], Awaitable[Identity]]
"""Whose key has this id, in this workspace; raises `NoSuchKey`."""

Feed = Callable[[Identity, Wanted, int, int], Awaitable[tuple[list[Seen], int, int]]]
"""What a caller sees from a position on, up to so many; how far that was; and the log's size."""

Erasures = Callable[[UUID], Awaitable[int]]
"""A number that changes when content of the workspace was erased, up to this moment."""

Pace = Callable[[], Awaitable[None]]
"""Returns when the process may send another message."""


class Round:
    """What one process does with a webhook that it holds."""

    def __init__(
        self,
        place: Place,
        webhook: Webhook,
        sender: "Sender",
        *,
        rows: Rows,
        secrets: Secrets,
        clock: Clock,
        meter: Meter,
        holder: Holder,
        feed: Feed,
        erasures: Erasures,
        pace: Pace,
    ) -> None:
        self.webhook = webhook
        self.stopping = False
        self._place = place
        self._sender = sender
        self._rows = rows
        self._secrets = secrets
        self._clock = clock
        self._meter = meter
        self._holder = holder
        self._feed = feed
        self._erasures = erasures
        self._pace = pace
        self._wanted = _wanted(webhook)
        self._loop = asyncio.get_running_loop()
        self._held_at = self._loop.time()

    async def run(self) -> bool:
        """Deliver; whether there is more to do at once. Raises `StoreUnavailable`."""
        until = self._loop.time() + ROUND_S
        while not self.stopping and self._loop.time() < until:
            identity = await self._identity()
            if identity is None:
                return False
            begun = self._loop.time()
            erasures = await self._erasures(self._place[0])
            items, following, position = await self._feed(identity, self._wanted, self.webhook.position, PAGE_FACTS)
            whole = True
            for item in items:
                if not self._is_wanted(item):
                    continue
                await self._pace()
                if await self._is_old(begun, erasures):
                    whole = False
                    break
                if not await self._send(item):
                    return False
            if whole:
                if not await self._passed(following):
                    return False
                if following >= position:
                    return False
        return not self.stopping

    async def _identity(self) -> Identity | None:
        """With whose sight this goes on; without anybody's the webhook stops."""
        try:
            identity = await self._holder(self._place[0], self.webhook.credential_id)
        except NoSuchKey:
            await self._move(self.webhook, "key-ended")
            return None
        if identity.caller.role not in ROLES:
            await self._move(self.webhook, "role-forbids")
            return None
        return identity

    def _is_wanted(self, item: Seen) -> bool:
        record, kinds = item.entry.record, self.webhook.kinds
        return kinds is None or (record is not None and record.fact.stream_id.partition("/")[0] in kinds)

    async def _is_old(self, begun: float, erasures: int) -> bool:
        """Whether what was read has to be read again before any more of it goes out."""
        if self.stopping or self._loop.time() - begun > PAGE_TRUSTED_S:
            return True
        return await self._erasures(self._place[0]) != erasures

    async def _passed(self, following: int) -> bool:
        """Nothing before this is left to be sent."""
        if following <= self.webhook.position:
            return True
        return await self._move(structs.replace(self.webhook, position=following))

    async def _send(self, item: Seen) -> bool:
        """Send what an entry gives, in its order; false when this round is over."""
        workspace_id, webhook_id = self._place
        found = list(messages(item, workspace_id, webhook_id, self.webhook.previous))
        for message in found:
            if not await self._renewed():
                return False
            sent = await self.attempt(message)
            if sent.outcome != "delivered":
                await self._failed(message, sent)
                return False
            done = self.webhook
            if message is found[-1]:
                after, at = item.entry.position + 1, item.entry.position
                done = structs.replace(done, position=after, previous=at)
            attempt = self.webhook.attempts + 1
            done = structs.replace(done, attempts=0, failing_since=None, next_attempt_at=None)
            if not await self._move(done, None, message, sent, attempt):
                return False
        return True

    async def attempt(self, message: Message) -> Sent:
        """Sign it as of now and send it once."""
        now = self._clock.now()
        secrets = self._secrets.signing(self._place[0], self.webhook, now)
        signed = signed_headers(secrets, message.id, now, message.body)
        sent = await self._sender.send({"Content-Type": CONTENT_TYPE, **signed}, message.body, now)
        self._meter.sent(sent.outcome)
        return sent

    async def _failed(self, message: Message, sent: Sent) -> None:
        now = self._clock.now()
        attempts, since = self.webhook.attempts + 1, self.webhook.failing_since or now
        again = next_attempt(now, since, attempts, _spread(), sent.retry_after_s)
        failed = structs.replace(self.webhook, attempts=attempts, failing_since=since, next_attempt_at=again)
        reason: Reason | None = "gone" if sent.status == 410 else "failing" if again is None else None
        await self._move(failed, reason, message, sent, attempts)

    async def _renewed(self) -> bool:
        """Hold the webhook for long enough to send one message; false when somebody else has it."""
        began = self._loop.time()
        if began - self._held_at < RENEW_AFTER_S:
            return True
        claimed = await self._rows.claim(self._place, self._clock.now())
        self._held_at = began
        return claimed is not None and claimed.changes == self.webhook.changes

    async def _move(
        self,
        to: Webhook,
        reason: Reason | None = None,
        message: Message | None = None,
        sent: Sent | None = None,
        attempt: int = 0,
    ) -> bool:
        """Keep where the webhook is, and hold it on; false when somebody else has it, or has changed it."""
        began = self._loop.time()
        note = None if message is None or sent is None else (message, sent, attempt, self._clock.now())
        moved = await self._rows.move(self._place, to, reason, note)
        if reason is not None:
            log.warning("webhook %s of workspace %s stops: %s", self._place[1], self._place[0], reason)
        self._held_at, self.webhook = began, to
        return moved


def _wanted(webhook: Webhook) -> Wanted:
    return Wanted(
        None if webhook.streams is None else frozenset(map(stream_uuid, webhook.streams)),
        None if webhook.types is None else frozenset(webhook.types),
    )
