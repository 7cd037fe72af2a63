"""Webhooks as their owners handle them: what each call of the API does, and the deliverer behind it."""

import asyncio
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from service.clock import Clock
from service.ids import new_id
from service.ledger.credentials import Credentials, Identity
from service.ledger.refusals import Absent, NoSuchKey, TooManyTests, WebhookWithoutKey
from service.ledger.store import Store
from service.ledger.webhooks.addresses import Network, Resolver
from service.ledger.webhooks.delivering import Deliverer
from service.ledger.webhooks.messages import test_message
from service.ledger.webhooks.records import Delivery, Sent, State, Webhook, Wish
from service.ledger.webhooks.rounds import ROLES, Erasures, Feed, Round
from service.ledger.webhooks.rows import Place, Rows
from service.ledger.webhooks.secrets import Secret, Secrets
from service.masterkey import MasterKey

if TYPE_CHECKING:  # it brings a client, which costs a tenth of a second and is not needed before something is sent
    from service.ledger.webhooks.sending import Sender

# Tests that are under way at once in a process: each may take ten seconds, and calls somebody else's machine.
TESTS_MAX = 4


class Webhooks:
    """The webhooks of all workspaces. Owners handle all of theirs, others those that are their own."""

    def __init__(
        self,
        store: Store,
        master_key: MasterKey,
        credentials: Credentials,
        clock: Clock,
        networks: Sequence[Network],
        *,
        feed: Feed,
        erasures: Erasures,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._credentials = credentials
        self._networks = networks
        self._trust = trust
        self._rows = Rows(store, uuid4())
        self._secrets = Secrets(master_key)
        self._resolver = Resolver(networks)
        self._testing = asyncio.Semaphore(TESTS_MAX)
        self.deliverer = Deliverer(self._rows, clock, self._sender, self._round)
        self._new_round = partial(
            Round,
            rows=self._rows,
            secrets=self._secrets,
            clock=clock,
            meter=store.meter,
            holder=credentials.holder,
            feed=feed,
            erasures=erasures,
            pace=self.deliverer.pace,
        )

    async def run(self) -> None:
        """Deliver until cancelled."""
        await self.deliverer.run()

    async def finish(self) -> None:
        """End what is still under way."""
        await self.deliverer.finish()
        self._resolver.close()

    async def create(self, identity: Identity, wish: Wish, position: int) -> tuple[Webhook, Secret]:
        """A webhook from a position on, and its secret, to be shown once.

        Raises `AddressRefused`, `TooManyWebhooks`, or `WebhookWithoutKey` when the caller came by something else.
        """
        from service.ledger.webhooks.urls import read_url

        read_url(wish.url, self._networks)
        await self._demand_key(identity.workspace_id, identity.credential_id)
        now = self._clock.now()
        place = (identity.workspace_id, new_id(now))
        secret, wrapped = self._secrets.make(*place)
        party_id = identity.caller.party_id
        await self._rows.create(place, party_id, identity.credential_id, wish, wrapped, position, now)
        return await self.find(identity, place[1]), secret

    async def all(self, identity: Identity) -> list[Webhook]:
        """Those that the caller handles, the newest first."""
        return await self._rows.read(identity.workspace_id, _party(identity))

    async def find(self, identity: Identity, webhook_id: UUID) -> Webhook:
        """One of them; raises `Absent`."""
        found = await self._rows.read(identity.workspace_id, _party(identity), webhook_id)
        if not found:
            raise Absent
        return found[0]

    async def rotate(self, identity: Identity, webhook_id: UUID, overlap: timedelta) -> tuple[Webhook, Secret]:
        """Another secret; the one before signs beside it until the overlap is over. Raises `Absent`."""
        await self.find(identity, webhook_id)
        place = (identity.workspace_id, webhook_id)
        secret, wrapped = self._secrets.make(*place)
        await self._rows.rotate(place, wrapped, self._clock.now() + overlap)
        return await self.find(identity, webhook_id), secret

    async def pause(self, identity: Identity, webhook_id: UUID) -> Webhook:
        """Send nothing until it is resumed; raises `Absent`."""
        return await self._changed(identity, webhook_id, state="paused")

    async def resume(self, identity: Identity, webhook_id: UUID) -> Webhook:
        """Send on from where it is, at once. Called by whose it is, it sees from now on with the key of this call.

        Raises `Absent`, or `WebhookWithoutKey` when the key that it sees with opens nothing.
        """
        webhook = await self.find(identity, webhook_id)
        own = webhook.party_id == identity.caller.party_id
        credential_id = identity.credential_id if own else webhook.credential_id
        await self._demand_key(identity.workspace_id, credential_id)
        return await self._changed(identity, webhook_id, state="active", credential_id=credential_id)

    async def replay(self, identity: Identity, webhook_id: UUID, position: int) -> Webhook:
        """Go on from this position, before or after where it is; raises `Absent`."""
        return await self._changed(identity, webhook_id, position=position)

    async def delete(self, identity: Identity, webhook_id: UUID) -> Webhook:
        """Send nothing any more; the webhook as it was. Raises `Absent`."""
        webhook = await self.find(identity, webhook_id)
        await self._rows.change((identity.workspace_id, webhook_id), "deleted")
        return webhook

    async def test(self, identity: Identity, webhook_id: UUID) -> Sent:
        """Send a message that says nothing, whatever state the webhook is in; raises `Absent` or `TooManyTests`."""
        webhook = await self.find(identity, webhook_id)
        if self._testing.locked():
            raise TooManyTests
        place = (identity.workspace_id, webhook_id)
        async with self._testing:
            sender = self._sender(webhook.url)
            try:
                message = test_message(*place, self._clock.now())
                sent = await self._round(place, webhook, sender).attempt(message)
            finally:
                await sender.close()
        await self._rows.note(place, message, sent, 1, self._clock.now())
        return sent

    async def deliveries(
        self, identity: Identity, webhook_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[Delivery]:
        """What came of sending, the newest first; raises `Absent`."""
        await self.find(identity, webhook_id)
        return await self._rows.deliveries((identity.workspace_id, webhook_id), after, limit)

    async def _changed(
        self,
        identity: Identity,
        webhook_id: UUID,
        state: State | None = None,
        credential_id: UUID | None = None,
        position: int | None = None,
    ) -> Webhook:
        await self.find(identity, webhook_id)
        await self._rows.change((identity.workspace_id, webhook_id), state, credential_id, position)
        return await self.find(identity, webhook_id)

    async def _demand_key(self, workspace_id: UUID, credential_id: UUID) -> None:
        try:
            holder = await self._credentials.holder(workspace_id, credential_id)
        except NoSuchKey:
            raise WebhookWithoutKey from None
        if holder.caller.role not in ROLES:
            raise WebhookWithoutKey

    def _sender(self, url: str) -> "Sender":
        from service.ledger.webhooks.sending import Sender, trusted

        if self._trust is None:
            self._trust = trusted()
        return Sender(url, self._resolver, self._trust)

    def _round(self, place: Place, webhook: Webhook, sender: "Sender") -> Round:
        return self._new_round(place, webhook, sender)


def _party(identity: Identity) -> UUID | None:
    """Whose webhooks the caller handles; None for everybody's."""
    return None if identity.caller.role == "owner" else identity.caller.party_id
