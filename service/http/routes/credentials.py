"""Keys to the workspace: owners make, list, rotate, end and revoke them; everybody may rotate their own."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.refusals import NotAMember
from domain.rules.membership import member
from service.http.answers import JSON, Answer, as_json, encode
from service.http.calls import Call
from service.http.cursors import binding, cursor, link_next, next_page, place_of
from service.http.documented import LINK
from service.http.keys import (
    NAMED,
    NEW_KEY,
    Key,
    Rotation,
    Wanted,
    Why,
    decode_wanted,
    found,
    in_use,
    made,
    revoked,
    rotated,
    shown,
)
from service.http.operations import PAGES, WRITES, Operation, Reply
from service.http.problems import not_found
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, Nothing
from service.ledger import members


class KeysAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the keys."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


class KeysAnswer(Struct):
    """One page of keys, newest first, those that open nothing any more among them."""

    items: list[Key]
    next: str | None


class Ending(Struct, frozen=True, forbid_unknown_fields=True):
    """From when on a key opens nothing."""

    at: Instant


decode_ending = msgspec.json.Decoder(Ending).decode


async def list_credentials(request: Call) -> Answer:
    """Answer `GET /v1/credentials`."""
    asked = request.question(KeysAsked)
    bound_to = binding("credentials", *request.asker)
    after = None if asked.cursor is None else place_of(asked.cursor, bound_to, tuple[datetime, UUID])
    rows = await request.ledger.credentials.page(request.identity.workspace_id, after=after, limit=asked.limit + 1)
    page, following, headers = rows[: asked.limit], None, [JSON]
    if len(rows) > asked.limit:
        following = next_page(request.scope, cursor(bound_to, (page[-1].created_at, page[-1].credential_id)))
        headers.append(link_next(following))
    return Answer(encode(KeysAnswer(list(map(shown, page)), following)), *headers)


async def create_credential(request: Call) -> Answer:
    """Answer `POST /v1/credentials`."""
    request.question(Nothing)
    wanted = await request.sent(decode_wanted)
    stream = await members.members_now(request.ledger, request.identity.workspace_id)
    there = None if stream is None else member(stream, wanted.party_id)
    if there is None:
        raise NotAMember("The party is not a member of the workspace.", party_id=wanted.party_id)
    return await made(request, wanted, there.state)  # type: ignore[arg-type]  # a member's state is the role


async def rotate_credential(request: Call) -> Answer:
    """Answer `POST /v1/credentials/{credential_id}/rotate`."""
    request.question(Nothing)
    return await rotated(request, await found(request, request.id("credential_id")))


async def rotate_mine(request: Call) -> Answer:
    """Answer `POST /v1/me/rotate`."""
    request.question(Nothing)
    return await rotated(request, await found(request, request.identity.credential_id))


async def end_credential(request: Call) -> Answer:
    """Answer `POST /v1/credentials/{credential_id}/expire`."""
    request.question(Nothing)
    credential = await found(request, request.id("credential_id"))
    at = (await request.sent(decode_ending)).at
    identity = request.identity
    if not in_use(credential, request.now()):
        raise not_found()
    await members.end_key(
        request.ledger, identity.workspace_id, credential.credential_id, at, None, identity.caller.actor
    )
    return as_json(shown(await found(request, credential.credential_id)))


async def revoke_credential(request: Call) -> Answer:
    """Answer `DELETE /v1/credentials/{credential_id}`."""
    return await revoked(request, await found(request, request.id("credential_id")))


_WRITES = (*WRITES, "not-found")
_SHOWN = (Reply(200, "The key", Key),)

ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="POST",
        path="/v1/me/rotate",
        id="rotate_mine",
        tag="me",
        summary="Another key for oneself; the one that was called with ends after the overlap",
        bodies=(Rotation,),
        headers=(NAMED,),
        replies=NEW_KEY,
        problems=_WRITES,
    ).route(rotate_mine),
    Operation(
        method="GET",
        path="/v1/credentials",
        id="list_credentials",
        tag="credentials",
        summary="All keys to the workspace, newest first",
        permission="inspect",
        question=KeysAsked,
        replies=(Reply(200, "The keys, without their secrets, which are nowhere", KeysAnswer, headers=(LINK,)),),
        problems=PAGES,
    ).route(list_credentials),
    Operation(
        method="POST",
        path="/v1/credentials",
        id="create_credential",
        tag="credentials",
        summary="A key for a member, with the member's role",
        permission="administer",
        bodies=(Wanted,),
        headers=(NAMED,),
        replies=NEW_KEY,
        problems=WRITES,
        refusals=True,
    ).route(create_credential),
    Operation(
        method="POST",
        path="/v1/credentials/{credential_id:str}/rotate",
        id="rotate_credential",
        tag="credentials",
        summary="Another key for the same party, role and stream; the old one ends after the overlap",
        permission="administer",
        bodies=(Rotation,),
        headers=(NAMED,),
        replies=NEW_KEY,
        problems=_WRITES,
    ).route(rotate_credential),
    Operation(
        method="POST",
        path="/v1/credentials/{credential_id:str}/expire",
        id="expire_credential",
        tag="credentials",
        summary="Let a key open nothing from a moment on; no key is ever prolonged",
        permission="administer",
        bodies=(Ending,),
        replies=_SHOWN,
        problems=_WRITES,
    ).route(end_credential),
    Operation(
        method="DELETE",
        path="/v1/credentials/{credential_id:str}",
        id="revoke_credential",
        tag="credentials",
        summary="Let a key open nothing any more, in this process at once and in all others within a second",
        permission="administer",
        question=Why,
        replies=_SHOWN,
        problems=_WRITES,
    ).route(revoke_credential),
]
