"""The vocabulary, published: what can be recorded, under which rules, with an example of each."""

from functools import cache

from litestar.handlers import HTTPRouteHandler

from service.http.answers import JSON, Answer, encode, not_modified
from service.http.calls import Call
from service.http.conditions import content_etag, etag_header, holds_copy
from service.http.documented import CONTENT_ETAG, IF_NONE_MATCH
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problems import not_found
from service.http.questions import Nothing
from service.http.vocabulary import TypeEntry, Vocabulary, vocabulary


async def catalogue(request: Call) -> Answer:
    """Answer `GET /v1/catalogue`."""
    request.question(Nothing)
    return fixed(request, _whole())


async def catalogue_type(request: Call) -> Answer:
    """Answer `GET /v1/catalogue/{type}`."""
    request.question(Nothing)
    entry = _entries().get(request.path_params["type"])
    if entry is None:
        raise not_found()
    return fixed(request, entry)


@cache
def _whole() -> bytes:
    return encode(vocabulary())


@cache
def _entries() -> dict[str, bytes]:
    return {entry.type: encode(entry) for entry in vocabulary().types}


def fixed(request: Call, body: bytes) -> Answer:
    """An answer that changes only with the service itself."""
    etag = content_etag(body)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag))
    return Answer(body, JSON, etag_header(etag))


_UNCHANGED = Reply(304, "The caller's copy still holds", headers=(CONTENT_ETAG,))

ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/catalogue",
        id="catalogue",
        tag="catalogue",
        summary="Every type of fact, and the life of everything that facts make",
        permission=None,
        headers=(IF_NONE_MATCH,),
        replies=(Reply(200, "The catalogue", Vocabulary, headers=(CONTENT_ETAG,)), _UNCHANGED),
        problems=PUBLIC,
    ).route(catalogue),
    Operation(
        method="GET",
        path="/v1/catalogue/{type:str}",
        id="catalogue_type",
        tag="catalogue",
        summary="One type of fact: schema, rules and an example that is accepted as it stands",
        permission=None,
        headers=(IF_NONE_MATCH,),
        replies=(Reply(200, "The type", TypeEntry, headers=(CONTENT_ETAG,)), _UNCHANGED),
        problems=(*PUBLIC, "not-found"),
    ).route(catalogue_type),
]
