"""Devices as the database knows them: which push holds one, how far it is, what it was refused. Decides nothing."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from service.ledger.credentials import Identity
from service.ledger.refusals import DeviceFenced, TooManyDevices
from service.ledger.store import Store, call, statement
from service.ledger.sync.verdicts import Problem, Refused
from service.masterkey import NONCE_BYTES, MasterKey

# A phone that lay in a drawer for a season is answered as it would have been.
REFUSALS_KEPT = timedelta(days=180)
# More than a push can bring, so that what is older than promised gets less with every push.
REFUSALS_CLEARED_MAX = 1_000
# Somebody's phones and tablets of many years; each is one row for good.
DEVICES_PER_PARTY_MAX = 1_000
# Longer than a push works, so that two of a device are never under way; a push that died keeps its device this long.
HELD_S = 20

_REFUSALS = statement("refusals")
_MAKINGS = statement("refused_makings")
_DEVICE = statement("device")
_OF_DEVICE = statement("device_refusals")

UNCOMPARED = b""
"""In place of the digest of what was sent, where both were erased: whatever comes under that id is it."""

# A refusal whose words were erased is still what it was; of one from before its kind was kept, this is known.
ERASED_SLUG = "content-is-erased"
ERASED_DETAIL = "It was refused, and what was said about it was erased since."

FIRST = (datetime.min.replace(tzinfo=UTC), UUID(int=0), b"")
"""The place before every verdict."""

Place = tuple[datetime, UUID, bytes]


class Turn(Struct, frozen=True):
    """A push that is under way. Without `held` another one is, and this may do nothing."""

    held: bool
    expected: int


class Kept(Struct, frozen=True):
    """A refusal to be kept: what was sent under which id and sequence, what it would have made, and why not.

    `names` are all ids that stood in it: whose erasure destroys what the refusal quotes.
    """

    event_id: UUID
    digest: bytes
    device_sequence: int
    makes: frozenset[UUID]
    names: frozenset[UUID]
    problem: Problem


class Listed(Struct, frozen=True):
    """A verdict in the list of a device."""

    event_id: UUID
    epoch: int
    device_sequence: int
    refused: Refused
    place: Place


class Devices:
    """The devices of all workspaces. A device is one party's: two people on one phone are two devices."""

    def __init__(self, store: Store, master_key: MasterKey) -> None:
        self._store = store
        # A refusal may quote what was sent, which is not to lie open.
        self._cipher = AESGCM(master_key.derive(b"sync refusal"))

    async def begin(self, identity: Identity, device: UUID, epoch: int, push: UUID, at: datetime) -> Turn:
        """Take the device; raises `DeviceFenced` or `TooManyDevices`."""
        place = (identity.workspace_id, identity.caller.party_id, device)
        async with self._store.connection() as connection:
            rows = await call(
                connection,
                "SELECT verdict, epoch, expected FROM begin_push(%s, %s, %s, %s, %s, %s, %s, %s)",
                (*place, epoch, push, HELD_S, DEVICES_PER_PARTY_MAX, at),
            )
        verdict, current, expected = rows[0]
        if verdict == "fenced":
            raise DeviceFenced(current)
        if verdict == "too many":
            raise TooManyDevices(DEVICES_PER_PARTY_MAX)
        return Turn(verdict == "held", expected)

    async def end(
        self, identity: Identity, device: UUID, push: UUID, expected: int, refused: Sequence[Kept], at: datetime
    ) -> bool:
        """Keep what a push came to and let the device go; false when the push had lost it, and nothing was kept."""
        workspace_id, party_id = identity.workspace_id, identity.caller.party_id
        async with self._store.connection() as connection:
            rows = await call(
                connection,
                "SELECT end_push(%s, %s, %s, %s, %s, %s, %s::uuid[], %s::bytea[], %s::bigint[], %s::text[], "
                "%s::text[], %s::text[], %s::bytea[], %s, %s)",
                (
                    workspace_id,
                    party_id,
                    device,
                    push,
                    expected,
                    at,
                    [one.event_id for one in refused],
                    [one.digest for one in refused],
                    [one.device_sequence for one in refused],
                    [_array(one.makes) for one in refused],
                    [_array(one.names) for one in refused],
                    [one.problem.slug for one in refused],
                    [self._seal(workspace_id, one.event_id, one.problem) for one in refused],
                    at - REFUSALS_KEPT,
                    REFUSALS_CLEARED_MAX,
                ),
            )
        return bool(rows[0][0])

    async def refusals(
        self, identity: Identity, events: Sequence[UUID], at: datetime
    ) -> dict[tuple[UUID, bytes], Refused]:
        """The verdicts on what the caller sent under these ids, by id and content."""
        rows = await self._store.read(_REFUSALS, self._of(identity, at) | {"events": list(events)})
        return {
            (event_id, UNCOMPARED if problem is None else digest): Refused(
                self._open(identity.workspace_id, event_id, slug, problem), refused_at
            )
            for event_id, digest, slug, problem, refused_at in rows
        }

    async def maker(self, identity: Identity, missing: UUID, at: datetime) -> UUID | None:
        """The refused proposal of the caller that would have made what is missing."""
        rows = await self._store.read(_MAKINGS, self._of(identity, at) | {"ids": [missing]})
        return rows[0][0] if rows else None

    async def place(self, identity: Identity, device: UUID) -> tuple[int, int] | None:
        """The epoch that the caller's device is in and the sequence it is at; None when it never pushed."""
        question = {"workspace": identity.workspace_id, "party": identity.caller.party_id, "device": device}
        rows = await self._store.read(_DEVICE, question)
        return (rows[0][0], rows[0][1]) if rows else None

    async def listed(self, identity: Identity, device: UUID, after: Place, limit: int, at: datetime) -> list[Listed]:
        """The verdicts on what the caller's device sent, the oldest first, after a place in that order."""
        place = {"after_at": after[0], "after_event": after[1], "after_digest": after[2]}
        rows = await self._store.read(_OF_DEVICE, self._of(identity, at) | place | {"device": device, "limit": limit})
        return [
            Listed(
                event_id,
                epoch,
                sequence,
                Refused(self._open(identity.workspace_id, event_id, slug, problem), refused_at),
                (refused_at, event_id, digest),
            )
            for event_id, epoch, sequence, slug, problem, refused_at, digest in rows
        ]

    def _of(self, identity: Identity, at: datetime) -> dict[str, object]:
        since = at - REFUSALS_KEPT
        return {"workspace": identity.workspace_id, "party": identity.caller.party_id, "since": since}

    def _seal(self, workspace_id: UUID, event_id: UUID, problem: Problem) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        place = workspace_id.bytes + event_id.bytes
        return nonce + self._cipher.encrypt(nonce, msgspec.json.encode(problem), place)

    def _open(self, workspace_id: UUID, event_id: UUID, slug: str | None, sealed: bytes | None) -> Problem:
        if sealed is None:
            return Problem(slug or ERASED_SLUG, ERASED_DETAIL, {})
        place = workspace_id.bytes + event_id.bytes
        return msgspec.json.decode(
            self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place), type=Problem
        )


def _array(ids: frozenset[UUID]) -> str:
    """Several ids as PostgreSQL writes a list, which a list of lists of different lengths is made of."""
    return "{" + ",".join(sorted(map(str, ids))) + "}"
