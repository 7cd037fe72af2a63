"""Guests of a stream: who takes part in it lets the other side in, with a key to this stream alone."""

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.refusals import NotAParticipant
from service.http.answers import Answer, as_json
from service.http.calls import Call
from service.http.keys import NAMED, NEW_KEY, Key, Wanted, Why, decode_wanted, found, made, revoked, shown
from service.http.operations import READS, WRITES, Operation, Reply
from service.http.problems import Problem
from service.http.proposals import Kind
from service.http.questions import Nothing
from service.ledger.histories import History


class GuestsAnswer(Struct):
    """The newest 500 keys of a stream's guests, those that open nothing any more among them."""

    items: list[Key]


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls about guests of streams of one kind."""
    path = f"/v1/{kind}s/{{stream_id:str}}/guests"

    async def list_guests(request: Call) -> Answer:
        request.question(Nothing)
        history = await _hosted(request, kind)
        rows = await request.ledger.credentials.page(request.identity.workspace_id, stream_id=history.stream_id)
        return as_json(GuestsAnswer(list(map(shown, rows))))

    async def invite_guest(request: Call) -> Answer:
        request.question(Nothing)
        history = await _hosted(request, kind)
        wanted = await request.sent(decode_wanted)
        if history.stream is None or not history.stream.takes_part(wanted.party_id):
            raise NotAParticipant(f"The guest does not take part in this {kind}.", party_id=wanted.party_id)
        return await made(request, wanted, "guest", history.stream_id)

    async def revoke_guest(request: Call) -> Answer:
        history = await _hosted(request, kind)
        return await revoked(request, await found(request, request.id("credential_id"), history.stream_id))

    return [
        Operation(
            method="GET",
            path=path,
            id=f"list_{kind}_guests",
            tag=f"{kind}s",
            summary=f"The keys of guests of a {kind}",
            permission="invite",
            replies=(Reply(200, "The keys, without their secrets, which are nowhere", GuestsAnswer),),
            problems=(*READS, "not-found"),
        ).route(list_guests),
        Operation(
            method="POST",
            path=path,
            id=f"invite_{kind}_guest",
            tag=f"{kind}s",
            summary=f"A key for a participant from outside, to this {kind} alone",
            description="The guest sees what is shared here, and of the rest only who opened it and when. What the "
            "guest records is shared, is the guest's own act, and counts as the counterparty's word.",
            permission="invite",
            bodies=(Wanted,),
            headers=(NAMED,),
            replies=NEW_KEY,
            problems=(*WRITES, "not-found"),
            refusals=True,
        ).route(invite_guest),
        Operation(
            method="DELETE",
            path=path + "/{credential_id:str}",
            id=f"revoke_{kind}_guest",
            tag=f"{kind}s",
            summary=f"Let a guest's key to a {kind} open nothing any more",
            permission="invite",
            question=Why,
            replies=(Reply(200, "The key", Key),),
            problems=(*WRITES, "not-found"),
        ).route(revoke_guest),
    ]


async def _hosted(request: Call, kind: Kind) -> History:
    """The stream, if the caller may invite to it: an owner who sees it, anybody else who takes part in it."""
    history = await request.ledger.history(request.identity, request.stream_id(kind))
    caller = request.identity.caller
    if caller.role != "owner" and (history.stream is None or not history.stream.takes_part(caller.party_id)):
        detail = f"A {caller.role} invites guests to a {kind} that they take part in."
        raise Problem("role-forbids", detail, role=caller.role, permission="invite")
    return history
