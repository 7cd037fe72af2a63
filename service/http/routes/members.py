"""Who belongs to the workspace: owners add, remove and give roles; auditors see it, as of any moment."""

from typing import Annotated
from uuid import UUID, uuid5

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from domain.fields import Title
from domain.refusals import NotAMember
from projections.members import Member, MemberRole, members
from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.cursors import binding, place_of
from service.http.documented import REPLAYED, list_replies
from service.http.keys import NAMED, WAS_REPLAYED, Why, name_of
from service.http.operations import PAGES, READS, WRITES, Operation, Reply
from service.http.pages import paged
from service.http.problems import not_found
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, Nothing, Position, Times
from service.ids import new_id
from service.ledger import members as membership


class MembersAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the members, at which two times."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


class MembersAnswer(Struct):
    """One page of members."""

    items: list[Member]
    next: str | None
    as_of: Instant | None
    known_at: Instant | Position | None


class Joining(Struct, frozen=True, forbid_unknown_fields=True):
    """A new member. `party_id` names a party that there is, such as a participant of a deal; else one is made."""

    name: Title
    role: MemberRole
    party_id: UUID | None = None


class NewRole(Struct, frozen=True, forbid_unknown_fields=True):
    """What a member may do from now on."""

    role: MemberRole


class Removed(Struct, frozen=True):
    """A party that is a member no longer, and its keys, which open nothing any more."""

    party_id: UUID
    revoked: Annotated[list[UUID], Meta(description="Ids of keys")]


decode_joining = msgspec.json.Decoder(Joining).decode
decode_role = msgspec.json.Decoder(NewRole).decode


async def list_members(request: Call) -> Answer:
    """Answer `GET /v1/members`."""
    asked = request.question(MembersAsked)
    bound_to = binding("members", *request.asker, [asked.as_of, asked.known_at])
    after = None if asked.cursor is None else place_of(asked.cursor, bound_to, UUID)
    found = await membership.roster(request.ledger, request.identity.workspace_id, asked.as_of, asked.known_at)
    there = [] if found is None or found.stream is None else sorted(members(found.stream), key=lambda one: one.party_id)
    page = [one for one in there if after is None or one.party_id > after]
    place = page[asked.limit - 1].party_id if len(page) > asked.limit else None
    return paged(request, asked, page[: asked.limit], place, bound_to, 0 if found is None else found.position)


async def read_member(request: Call) -> Answer:
    """Answer `GET /v1/members/{party_id}`."""
    request.question(Nothing)
    return as_json(await _member(request, request.id("party_id")))


async def add_member(request: Call) -> Answer:
    """Answer `POST /v1/members`."""
    request.question(Nothing)
    wanted = await request.sent(decode_joining)
    named, identity = name_of(request), request.identity
    party_id = wanted.party_id or (new_id(request.now()) if named is None else uuid5(named, "party_id"))
    added = await membership.add_member(
        request.ledger, identity.workspace_id, party_id, wanted.name, wanted.role, identity.caller.actor, named
    )
    location = (b"location", f"/v1/members/{party_id}".encode())
    if added.replayed:  # what it answered then, whatever has become of the member since
        joined = Member(
            party_id=party_id, name=wanted.name, role=wanted.role, joined_at=added.events[0].fact.occurred_at
        )
        return as_json(joined, location, WAS_REPLAYED)
    return as_json(await _member(request, party_id), location, code=201)


async def change_role(request: Call) -> Answer:
    """Answer `POST /v1/members/{party_id}/role`."""
    request.question(Nothing)
    party_id = request.id("party_id")
    wanted = await request.sent(decode_role)
    await _member(request, party_id)
    identity = request.identity
    await membership.change_role(request.ledger, identity.workspace_id, party_id, wanted.role, identity.caller.actor)
    return as_json(await _member(request, party_id))


async def remove_member(request: Call) -> Answer:
    """Answer `DELETE /v1/members/{party_id}`."""
    why = request.question(Why).reason
    party_id, identity = request.id("party_id"), request.identity
    try:
        revoked = await membership.remove_member(
            request.ledger, identity.workspace_id, party_id, why, identity.caller.actor
        )
    except NotAMember:  # not asked beforehand: of who left, keys may be left over
        raise not_found() from None
    return as_json(Removed(party_id, revoked))


async def _member(request: Call, party_id: UUID) -> Member:
    stream = await membership.members_now(request.ledger, request.identity.workspace_id)
    found = [] if stream is None else [one for one in members(stream) if one.party_id == party_id]
    if not found:
        raise not_found()
    return found[0]


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/members",
        id="list_members",
        tag="members",
        summary="Who belongs to the workspace, in which role; also as of a moment",
        description="Ordered by id. Guests belong to a stream and are listed there.",
        permission="inspect",
        question=MembersAsked,
        replies=list_replies(MembersAnswer),
        problems=PAGES,
    ).route(list_members),
    Operation(
        method="POST",
        path="/v1/members",
        id="add_member",
        tag="members",
        summary="Let a party belong to the workspace",
        description="A member needs a key to call: `POST /v1/credentials` makes one.",
        permission="administer",
        bodies=(Joining,),
        headers=(NAMED,),
        replies=(
            Reply(201, "The member", Member),
            Reply(200, "The call with this Idempotency-Key added the member before", Member, headers=(REPLAYED,)),
        ),
        problems=WRITES,
        refusals=True,
    ).route(add_member),
    Operation(
        method="GET",
        path="/v1/members/{party_id:str}",
        id="read_member",
        tag="members",
        summary="One member",
        permission="inspect",
        replies=(Reply(200, "The member", Member),),
        problems=(*READS, "not-found"),
    ).route(read_member),
    Operation(
        method="POST",
        path="/v1/members/{party_id:str}/role",
        id="change_role",
        tag="members",
        summary="Give a member another role, in this process at once and in all others within a second",
        description="The workspace always keeps an owner.",
        permission="administer",
        bodies=(NewRole,),
        replies=(Reply(200, "The member", Member),),
        problems=(*WRITES, "not-found"),
        refusals=True,
    ).route(change_role),
    Operation(
        method="DELETE",
        path="/v1/members/{party_id:str}",
        id="remove_member",
        tag="members",
        summary="Let a party belong to the workspace no longer, and take back all its keys",
        description="What the party recorded stays. Other processes of the service refuse the keys within a second.",
        permission="administer",
        question=Why,
        replies=(Reply(200, "Who left, and the keys that open nothing any more", Removed),),
        problems=(*WRITES, "not-found"),
        refusals=True,
    ).route(remove_member),
]
