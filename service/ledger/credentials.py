"""Credentials: who a key is, and the keys of a workspace. That each was issued is recorded by `members`."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import DatabaseError
from psycopg.errors import UniqueViolation

from domain.facts import ActorKind, Caller, Role
from service.clock import Clock
from service.ledger.refusals import NoSuchKey, StoreUnavailable
from service.ledger.store import Store, statement
from service.ledger.tokens import Token, read_token

# A key revoked through another process is noticed after this long at the latest; through this one, at once.
CREDENTIAL_TRUSTED_S = 1.0
CREDENTIALS_KEPT_MAX = 10_000
# That a key was used is written at most this often, over all processes: enough to tell which key nobody would miss.
USE_NOTED_EVERY = timedelta(minutes=1)
# One page of keys.
CREDENTIALS_PER_PAGE = 500

log = logging.getLogger("throughline.credentials")

_CREDENTIAL = statement("credential")
_CREDENTIALS = statement("credentials")


class Identity(Struct, frozen=True):
    """Who calls, in which workspace, by which credential; `by_token` of an issuer, which is no key of ours."""

    workspace_id: UUID
    credential_id: UUID
    caller: Caller
    name: str
    expires_at: datetime | None = None
    by_token: bool = False


class Credential(Struct, frozen=True, kw_only=True):
    """A key as it is listed: everything but the secret, which is nowhere."""

    credential_id: UUID
    party_id: UUID
    party_kind: ActorKind
    role: Role
    stream_id: str | None
    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = None


class Credentials:
    """Turns a shown key into an identity; keeps the recent ones for a moment."""

    def __init__(self, store: Store, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, Identity]] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[Identity]] = {}
        self._forgotten_at = -inf  # what was asked before is not kept

    @property
    def count(self) -> int:
        return len(self._kept)

    async def identify(self, shown: str) -> Identity:
        """The identity of a key; raises `NoSuchKey` for anything that opens nothing now."""
        trusted_until, identity = self._kept.get(shown) or (0.0, None)
        if identity is None or trusted_until < self._monotonic():
            identity = await self._look_up(shown)
        if identity.expires_at is not None and identity.expires_at <= self._clock.now():
            raise NoSuchKey
        return identity

    def has_known(self, shown: str) -> bool:
        """Whether the key opened something when it was last looked up, as far as this process remembers."""
        return shown in self._kept

    async def holder(self, workspace_id: UUID, credential_id: UUID) -> Identity:
        """Whose key has this id; raises `NoSuchKey` when it opens nothing now. For whoever has been identified once."""
        known_as = f"{workspace_id}/{credential_id}"
        trusted_until, identity = self._kept.get(known_as) or (0.0, None)
        if identity is None or trusted_until < self._monotonic():
            identity = await self._read(known_as, workspace_id, credential_id, None)
        if identity.expires_at is not None and identity.expires_at <= self._clock.now():
            raise NoSuchKey
        return identity

    async def _look_up(self, shown: str) -> Identity:
        token = read_token(shown)
        if token is None:
            raise NoSuchKey
        return await self._read(shown, token.workspace_id, token.credential_id, token)

    async def _read(self, known_as: str, workspace_id: UUID, credential_id: UUID, token: Token | None) -> Identity:
        """What the database says. Everybody who asks for the same while it is being asked shares the answer."""
        asking = self._under_way.get(known_as)
        if asking is None:
            asking = asyncio.create_task(self._ask(known_as, workspace_id, credential_id, token))
            self._under_way[known_as] = asking
            asking.add_done_callback(lambda done: self._asked(known_as, done))
        return await asyncio.shield(asking)

    def _asked(self, known_as: str, done: asyncio.Task[Identity]) -> None:
        if self._under_way.get(known_as) is done:
            del self._under_way[known_as]
        if not done.cancelled():
            done.exception()  # it is told to whoever still waits; when nobody does, it is nobody's

    async def _ask(self, known_as: str, workspace_id: UUID, credential_id: UUID, token: Token | None) -> Identity:
        asked_at = self._monotonic()
        rows = await self._store.read(_CREDENTIAL, {"workspace": workspace_id, "credential": credential_id})
        if not rows or (token is not None and not token.matches(rows[0][0])) or rows[0][7] is not None:
            self._kept.pop(known_as, None)
            raise NoSuchKey
        _, party_id, party_kind, role, stream_id, name, expires_at, _, last_used_at = rows[0]
        caller = Caller(party_id, role, party_kind, stream_id)
        identity = Identity(workspace_id, credential_id, caller, name, expires_at)
        self.keep(known_as, identity, asked_at)
        await self._note_use(identity, last_used_at)
        return identity

    def recall(self, known_as: str) -> Identity | None:
        """An identity that is trusted still."""
        trusted_until, identity = self._kept.get(known_as) or (0.0, None)
        return None if trusted_until < self._monotonic() else identity

    def keep(self, known_as: str, identity: Identity, asked_at: float) -> None:
        """Trust what was read of somebody at `asked_at` (by `moment`) for a moment, or until the workspace changes."""
        if asked_at < self._forgotten_at:
            return
        self._kept[known_as] = (asked_at + CREDENTIAL_TRUSTED_S, identity)
        if len(self._kept) > CREDENTIALS_KEPT_MAX:
            self._kept.popitem(last=False)

    def drop(self, known_as: str) -> None:
        """Trust nothing that is kept of somebody."""
        self._kept.pop(known_as, None)

    def moment(self) -> float:
        """Now, as `keep` takes it."""
        return self._monotonic()

    async def _note_use(self, identity: Identity, last_used_at: datetime | None) -> None:
        """Write that the key was used, when the last writing is long enough ago; nobody is refused because it fails."""
        now = self._clock.now()
        if last_used_at is not None and now - last_used_at < USE_NOTED_EVERY:
            return
        arguments = (identity.workspace_id, identity.credential_id, now, USE_NOTED_EVERY)
        try:
            async with self._store.connection() as connection:
                await connection.execute("SELECT note_credential_use(%s, %s, %s, %s)", arguments)
        except (StoreUnavailable, DatabaseError) as failure:
            log.warning("the use of a key could not be noted: %s", type(failure).__name__)

    def forget(self, workspace_id: UUID) -> None:
        """Trust nothing that is kept of a workspace, or being asked: its own stream has moved."""
        self._forgotten_at = self._monotonic()
        self._under_way.clear()
        for shown in [shown for shown, (_, kept) in self._kept.items() if kept.workspace_id == workspace_id]:
            del self._kept[shown]

    async def page(
        self,
        workspace_id: UUID,
        *,
        credential_id: UUID | None = None,
        stream_id: str | None = None,
        after: tuple[datetime, UUID] | None = None,
        limit: int = CREDENTIALS_PER_PAGE,
    ) -> list[Credential]:
        """Keys of a workspace, newest first, the revoked ones included: all, one, or the guests' of a stream."""
        after_at, after_id = after or (None, None)
        asked = {
            "workspace": workspace_id,
            "credential": credential_id,
            "stream": stream_id,
            "after_at": after_at,
            "after": after_id,
            "limit": limit,
        }
        rows = await self._store.read(_CREDENTIALS, asked)
        return [Credential(**dict(zip(Credential.__struct_fields__, row, strict=True))) for row in rows]

    async def issue(
        self, workspace_id: UUID, token: Token, caller: Caller, name: str, expires_at: datetime | None
    ) -> bool:
        """Make a key open its workspace; false when there is one with this id, whose secret stays the one that counts.

        Its issue is recorded before, so that no key works without a record of it.
        """
        arguments = (
            workspace_id,
            token.credential_id,
            token.secret_digest,
            caller.party_id,
            caller.kind,
            caller.role,
            caller.stream_id,
            name,
            self._clock.now(),
            expires_at,
        )
        async with self._store.connection() as connection:
            try:
                await connection.execute("SELECT issue_credential(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", arguments)
            except UniqueViolation:
                return False
        return True

    async def revoke(self, workspace_id: UUID, credential_id: UUID) -> bool:
        """Make a key open nothing; false when there was none to revoke."""
        return bool(
            await self._change("SELECT revoke_credential(%s, %s, %s)", workspace_id, credential_id, self._clock.now())
        )

    async def revoke_of(self, workspace_id: UUID, party_id: UUID) -> list[UUID]:
        """Make all keys of a member open nothing; the ids of those that did until now."""
        revoked: list[UUID] = await self._change(
            "SELECT revoke_credentials_of(%s, %s, %s)", workspace_id, party_id, self._clock.now()
        )
        return revoked

    async def end(self, workspace_id: UUID, credential_id: UUID, at: datetime) -> bool:
        """Make a key open nothing from `at` on; false when there was none in use."""
        return bool(await self._change("SELECT end_credential(%s, %s, %s)", workspace_id, credential_id, at))

    async def change_role(self, workspace_id: UUID, party_id: UUID, role: Role) -> None:
        """Give all keys of a member the member's new role."""
        await self._change("SELECT change_credentials_role(%s, %s, %s)", workspace_id, party_id, role)

    async def _change(self, sql: str, workspace_id: UUID, *arguments: Any) -> Any:
        """Call a function that changes rows; what this process remembers of the workspace's keys is forgotten."""
        try:
            async with self._store.connection() as connection:
                cursor = await connection.execute(sql, (workspace_id, *arguments))
                row = await cursor.fetchone()
        finally:
            self.forget(workspace_id)
        return None if row is None else row[0]
