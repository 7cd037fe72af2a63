"""Vectors: what follows from which facts, published for apps that reckon offline, to check themselves."""

from functools import cache
from hashlib import sha256

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import JSON, Answer, encode, not_modified
from service.http.calls import Call
from service.http.conditions import content_etag, etag_header, holds_copy
from service.http.documented import CONTENT_ETAG, IF_NONE_MATCH
from service.http.operations import PUBLIC, Operation, Reply
from service.http.questions import Nothing
from service.vectors import NAMES, SHAPES, published

ABOUT = {
    "trust": "Trust: from an age to a factor, from rows to an opinion, from facts to the whole answer",
    "proof-loop": "The proof loop of a goal: from facts to the whole answer",
}


class VectorsEntry(Struct, frozen=True):
    """One set of vectors: where it is, and the SHA-256 of exactly those bytes (hex)."""

    name: str
    address: str
    sha256: str


class Vectors(Struct, frozen=True):
    """The vectors there are."""

    vectors: list[VectorsEntry]


@cache
def _bytes(name: str) -> bytes:
    return published(name)


async def list_vectors(request: Call) -> Answer:
    """Answer `GET /v1/vectors`."""
    entries = [VectorsEntry(name, f"/v1/vectors/{name}", sha256(_bytes(name)).hexdigest()) for name in NAMES]
    return _fixed(request, encode(Vectors(entries)))


def _fixed(request: Call, body: bytes) -> Answer:
    request.question(Nothing)
    etag = content_etag(body)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag))
    return Answer(body, JSON, etag_header(etag))


def _operation(path: str, name: str, summary: str, content: object) -> Operation:
    return Operation(
        method="GET",
        path=path,
        id=name,
        tag="catalogue",
        summary=summary,
        description="The same for everybody and without a key: made-up facts. What a set says changes only with the "
        "version of the service, and never for a policy that was published.",
        permission=None,
        headers=(IF_NONE_MATCH,),
        replies=(
            Reply(200, "As they are published", content, headers=(CONTENT_ETAG,)),
            Reply(304, "The caller's copy still holds", headers=(CONTENT_ETAG,)),
        ),
        problems=PUBLIC,
    )


def _set(name: str) -> HTTPRouteHandler:
    async def read(request: Call) -> Answer:
        return _fixed(request, _bytes(name))

    return _operation(f"/v1/vectors/{name}", f"{name.replace('-', '_')}_vectors", ABOUT[name], SHAPES[name]).route(read)


ROUTES: list[HTTPRouteHandler] = [
    _operation("/v1/vectors", "list_vectors", "Vectors, to check an offline reckoning with", Vectors).route(
        list_vectors
    ),
    *map(_set, NAMES),
]
