"""How keys are shown and sent: a secret leaves once, with the answer that makes it, and no cache may keep that."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from domain.facts import ActorKind, Role
from domain.fields import Text, Title
from service.http.answers import Answer, Header, as_json
from service.http.calls import Call
from service.http.operations import Reply, Told
from service.http.problems import not_found
from service.http.questions import Instant
from service.ledger import members
from service.ledger.credentials import Credential
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
    """A key that was made now. `key` is shown this once and stored nowhere."""

    key: str
    credential: Key


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the old key goes on working beside the new one."""

    overlap_s: Annotated[int, Meta(ge=0, le=OVERLAP_MAX_S)] = OVERLAP_DEFAULT_S


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    """Why, for the record."""

    reason: Text | None = None


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """A key for a party, named after what it is for."""

    party_id: UUID
    name: Title
    expires_at: Instant | None = None


decode_rotation = msgspec.json.Decoder(Rotation).decode
decode_wanted = msgspec.json.Decoder(Wanted).decode
KEY_IS_SHOWN = Told("Cache-Control", "Also `no-store`: the answer holds a secret")
NEW_KEY = (Reply(201, "The key, shown this once", NewKey, headers=(KEY_IS_SHOWN,)),)


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


async def told_once(request: Call, secret: str) -> Answer:
    """The answer that shows a key which was made now."""
    token = read_token(secret)
    if token is None:
        raise TypeError("not a key")
    credential = await found(request, token.credential_id)
    return as_json(NewKey(secret, shown(credential)), NO_STORE, code=201)


async def rotated(request: Call, old: Credential) -> Answer:
    """Make another key for the same, and let the old one end after the overlap that was asked for."""
    overlap_s = (await request.sent(decode_rotation)).overlap_s
    if not in_use(old, request.now()):
        raise not_found()
    secret = await members.rotate_key(
        request.ledger,
        request.identity.workspace_id,
        old,
        request.now() + timedelta(seconds=overlap_s),
        request.identity.caller.actor,
    )
    return await told_once(request, secret)


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
