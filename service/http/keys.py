"""How keys are shown and sent: a secret leaves once, with the answer that makes it, and no cache may keep that."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta, Struct

from domain.facts import ActorKind, Role
from domain.fields import Text, Title
from service.http.answers import Answer, Header, as_json
from service.http.calls import Call
from service.http.documented import IDEMPOTENCY_KEY, REPLAYED
from service.http.operations import Reply, Told
from service.http.problems import not_found
from service.http.proposals import idempotency_key
from service.http.questions import Instant
from service.ledger import members
from service.ledger.credentials import Credential
from service.ledger.refusals import EventIdReused, KeyMadeBefore
from service.ledger.tokens import read_token

# A day is enough to change a key everywhere without haste; a month is as long as two keys for one should be about.
OVERLAP_DEFAULT_S = 86_400
OVERLAP_MAX_S = 2_592_000
NO_STORE: Header = (b"cache-control", b"no-store")


class Key(Struct, frozen=True):
    """A key as it is listed. `last_used_at` is told to about a minute; null when it never was used."""

    credential_id: UUID
    party_id: UUID
    party_kind: ActorKind
    role: Role
    stream_id: str | None
    name: str
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    last_used_at: Instant | None


class NewKey(Struct, frozen=True):
    """A key that was made now. `key` is shown this once and stored nowhere; it is null to a repeat of the call."""

    key: str | None
    credential: Key


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the old key goes on working beside the new one."""

    overlap_s: Annotated[int, Meta(ge=0, le=OVERLAP_MAX_S)] = OVERLAP_DEFAULT_S


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    """Why, for the record."""

    reason: Text | None = None


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A key for a party, named after what it is for.

    `kind` is who records with it, as every fact then says of its actor: a `person` unless said, an `agent` that acts
    for one (a program, such as a model that listens in), a `service` where the party has that role.
    """

    party_id: UUID
    name: Title
    expires_at: Instant | None = None
    kind: ActorKind | None = None


decode_rotation = msgspec.json.Decoder(Rotation).decode
decode_wanted = msgspec.json.Decoder(Wanted).decode
KEY_IS_SHOWN = Told("Cache-Control", "Also `no-store`: the answer holds a secret")
NEW_KEY = (
    Reply(201, "The key, shown this once", NewKey, headers=(KEY_IS_SHOWN,)),
    Reply(
        200,
        "The call with this Idempotency-Key made the key before, and told its secret then",
        NewKey,
        headers=(KEY_IS_SHOWN, REPLAYED),
    ),
)
NAMED = Told(
    "Idempotency-Key",
    "Names the call, so that a repeat of it by the same party changes nothing anew",
    IDEMPOTENCY_KEY.schema,
)
WAS_REPLAYED: Header = (b"idempotency-replayed", b"true")


def shown(credential: Credential) -> Key:
    """A stored key as it is listed."""
    return Key(**{name: getattr(credential, name) for name in Key.__struct_fields__})


async def found(request: Call, credential_id: UUID, stream_id: str | None = None) -> Credential:
    """The key with this id, of this stream's guests if one is named; a 404 problem when there is none."""
    rows = await request.ledger.credentials.page(
        request.identity.workspace_id, credential_id=credential_id, stream_id=stream_id
    )
    if not rows:
        raise not_found()
    return rows[0]


def name_of(request: Call) -> UUID | None:
    """What the Idempotency-Key names this call by its caller; None without one."""
    key = idempotency_key(request.scope)
    if key is None:
        return None
    identity = request.identity
    return uuid5(uuid5(uuid5(identity.workspace_id, str(identity.caller.party_id)), key), "of the workspace")


async def made(request: Call, wanted: Wanted, role: Role, stream_id: str | None = None) -> Answer:
    """Make a key for a party, and show it; to a repeat of the call only tell that it was made."""
    named, identity = name_of(request), request.identity
    before = await _made_before(request, named)
    if before is not None:
        if not _fits(before, wanted, stream_id):
            raise EventIdReused(before.credential_id)
        return _replayed(before)
    issuing = members.issue_key(
        request.ledger,
        identity.workspace_id,
        role=role,
        name=wanted.name,
        party_id=wanted.party_id,
        expires_at=wanted.expires_at,
        stream_id=stream_id,
        kind=wanted.kind,
        by=identity.caller.actor,
        named=named,
    )
    return await _told_once(request, issuing)


async def rotated(request: Call, old: Credential) -> Answer:
    """Make another key for the same, and let the old one end after the overlap that was asked for."""
    overlap_s = (await request.sent(decode_rotation)).overlap_s
    named, identity = name_of(request), request.identity
    until = request.now() + timedelta(seconds=overlap_s)
    before = await _made_before(request, named)
    if before is not None:
        if (before.party_id, before.name, before.stream_id) != (old.party_id, old.name, old.stream_id):
            raise EventIdReused(before.credential_id)
        if in_use(old, until):  # the call that made the new key did not come to end the old one
            await members.end_key(
                request.ledger, identity.workspace_id, old.credential_id, until, None, identity.caller.actor
            )
        return _replayed(before)
    if not in_use(old, request.now()):
        raise not_found()
    rotating = members.rotate_key(request.ledger, identity.workspace_id, old, until, identity.caller.actor, named)
    return await _told_once(request, rotating)


async def _made_before(request: Call, named: UUID | None) -> Credential | None:
    if named is None:
        return None
    made_id = members.key_named(named)
    rows = await request.ledger.credentials.page(request.identity.workspace_id, credential_id=made_id)
    return rows[0] if rows else None


def _fits(before: Credential, wanted: Wanted, stream_id: str | None) -> bool:
    """Whether a key is what is wanted now. It may have been ended since, and its party given another role."""
    if (before.party_id, before.name, before.stream_id) != (wanted.party_id, wanted.name, stream_id):
        return False
    if wanted.kind not in (None, before.party_kind):
        return False
    return wanted.expires_at is None or (before.expires_at is not None and before.expires_at <= wanted.expires_at)


async def _told_once(request: Call, issuing: Awaitable[str]) -> Answer:
    """The answer that shows a key which is made now, unless another call with the same name made it meanwhile."""
    try:
        secret = await issuing
    except KeyMadeBefore as before:
        return _replayed(await found(request, before.credential_id))
    token = read_token(secret)
    if token is None:
        raise TypeError("not a key")
    credential = await found(request, token.credential_id)
    return as_json(NewKey(secret, shown(credential)), NO_STORE, code=201)


def _replayed(before: Credential) -> Answer:
    return as_json(NewKey(None, shown(before)), NO_STORE, WAS_REPLAYED)


async def revoked(request: Call, credential: Credential) -> Answer:
    """Make a key open nothing any more; one that does not already is not there to revoke."""
    why = request.question(Why).reason
    identity = request.identity
    if not await members.revoke_key(
        request.ledger, identity.workspace_id, credential.credential_id, why, identity.caller.actor
    ):
        raise not_found()
    return as_json(shown(await found(request, credential.credential_id)))


def in_use(credential: Credential, now: datetime) -> bool:
    """Whether a key opens anything now."""
    return credential.revoked_at is None and (credential.expires_at is None or credential.expires_at > now)
