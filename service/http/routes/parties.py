"""People: everybody on the streams that the caller may see."""

from uuid import UUID

from litestar.handlers import HTTPRouteHandler

from service.http.answers import Answer, as_json, position_header
from service.http.calls import Call
from service.http.cursors import binding, place_of
from service.http.documented import OneParty, PartiesAnswer, list_replies
from service.http.operations import PAGES, READS, Operation
from service.http.pages import paged
from service.http.problems import not_found
from service.http.questions import PAGE_DEFAULT, Cursor, Limit, Times
from service.ledger.questions import PartiesQuestion


class PartiesAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which page of the people."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None


async def list_parties(request: Call) -> Answer:
    """Answer `GET /v1/parties`."""
    asked = request.question(PartiesAsked)
    bound_to = binding("parties", *request.asker, [asked.as_of, asked.known_at])
    after = None if asked.cursor is None else place_of(asked.cursor, bound_to, UUID)
    question = PartiesQuestion(limit=asked.limit, after=after, as_of=asked.as_of, known_at=asked.known_at)
    found = await request.ledger.parties(request.identity, question)
    return paged(request, asked, found.parties, found.next, bound_to, found.position)


async def read_party(request: Call) -> Answer:
    """Answer `GET /v1/parties/{party_id}`."""
    asked = request.question(Times)
    question = PartiesQuestion(limit=1, party=request.id("party_id"), as_of=asked.as_of, known_at=asked.known_at)
    found = await request.ledger.parties(request.identity, question)
    if not found.parties:
        raise not_found()
    known_at = found.position if asked.known_at is None else asked.known_at
    return as_json(OneParty(found.parties[0], asked.as_of, known_at), position_header(found.position))


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/parties",
        id="list_parties",
        tag="parties",
        summary="Everybody on the streams that the caller may see",
        description="Ordered by id. Names are the latest that the caller may see.",
        question=PartiesAsked,
        replies=list_replies(PartiesAnswer),
        problems=PAGES,
    ).route(list_parties),
    Operation(
        method="GET",
        path="/v1/parties/{party_id:str}",
        id="read_party",
        tag="parties",
        summary="One person: name, streams and roles, open promises both ways",
        question=Times,
        replies=list_replies(OneParty, pages=False),
        problems=(*READS, "not-found"),
    ).route(read_party),
]
