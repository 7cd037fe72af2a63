"""Credentials: who a key is, and the keys of a workspace. That each was issued is recorded by `members`."""

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.facts import ActorKind, Caller, Role
from service.clock import Clock
from service.ledger.refusals import NoSuchKey
from service.ledger.store import Store, statement
from service.ledger.tokens import Token, read_token

# A key revoked through another process is noticed after this long at the latest; through this one, at once.
CREDENTIAL_TRUSTED_S = 1.0
CREDENTIALS_KEPT_MAX = 10_000

_CREDENTIAL = statement("credential")
_CREDENTIALS = statement("credentials")


class Identity(Struct, frozen=True):
    """Who calls, in which workspace, by which credential."""

    workspace_id: UUID
    credential_id: UUID
    caller: Caller
    name: str
    expires_at: datetime | None = None


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


class Credentials:
    """Turns a shown key into an identity; keeps the recent ones for a moment."""

    def __init__(self, store: Store, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._monotonic = monotonic
        self._kept: OrderedDict[str, tuple[float, Identity]] = OrderedDict()

    async def identify(self, shown: str) -> Identity:
        """The identity of a key; raises `NoSuchKey` for anything that opens nothing now."""
        trusted_until, identity = self._kept.get(shown) or (0.0, None)
        if identity is None or trusted_until < self._monotonic():
            identity = await self._look_up(shown)
        if identity.expires_at is not None and identity.expires_at <= self._clock.now():
            raise NoSuchKey
        return identity

    async def _look_up(self, shown: str) -> Identity:
        token = read_token(shown)
        if token is None:
            raise NoSuchKey
        asked_at = self._monotonic()
        rows = await self._store.read(_CREDENTIAL, {"workspace": token.workspace_id, "credential": token.credential_id})
        if not rows or not token.matches(rows[0][0]) or rows[0][7] is not None:
            self._kept.pop(shown, None)
            raise NoSuchKey
        _, party_id, party_kind, role, stream_id, name, expires_at, _ = rows[0]
        caller = Caller(party_id, role, party_kind, stream_id)
        identity = Identity(token.workspace_id, token.credential_id, caller, name, expires_at)
        self._kept[shown] = (asked_at + CREDENTIAL_TRUSTED_S, identity)
        if len(self._kept) > CREDENTIALS_KEPT_MAX:
            self._kept.popitem(last=False)
        return identity

    def forget(self, workspace_id: UUID) -> None:
        """Trust nothing that is kept of a workspace: its own stream has moved."""
        for shown in [shown for shown, (_, kept) in self._kept.items() if kept.workspace_id == workspace_id]:
            del self._kept[shown]

    async def all(self, workspace_id: UUID) -> list[Credential]:
        """The keys of a workspace, newest first, the revoked ones included."""
        rows = await self._store.read(_CREDENTIALS, {"workspace": workspace_id})
        return [
            Credential(
                credential_id=row[0],
                party_id=row[1],
                party_kind=row[2],
                role=row[3],
                stream_id=row[4],
                name=row[5],
                created_at=row[6],
                expires_at=row[7],
                revoked_at=row[8],
            )
            for row in rows
        ]

    async def issue(
        self, workspace_id: UUID, token: Token, caller: Caller, name: str, expires_at: datetime | None
    ) -> None:
        """Make a key open its workspace. Its issue is recorded before, so that no key works without a record of it."""
        async with self._store.connection() as connection:
            await connection.execute(
                "SELECT issue_credential(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
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
                ),
            )

    async def revoke(self, workspace_id: UUID, credential_id: UUID) -> bool:
        """Make a key open nothing; false when there was none. Recorded after this: a record means it is done."""
        async with self._store.connection() as connection:
            cursor = await connection.execute(
                "SELECT revoke_credential(%s, %s, %s)", (workspace_id, credential_id, self._clock.now())
            )
            row = await cursor.fetchone()
        self.forget(workspace_id)
        return bool(row and row[0])
