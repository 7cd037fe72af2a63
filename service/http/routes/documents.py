"""Documentation: the OpenAPI document, the page over it, the pages of problems. Nothing in them is on another host."""

from functools import cache

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.answers import HTML, JSON, Answer, Header, encode, not_modified
from service.http.calls import Call
from service.http.conditions import content_etag, etag_header, holds_copy
from service.http.documented import CONTENT_ETAG, IF_NONE_MATCH
from service.http.examples import EXAMPLES
from service.http.negotiation import chosen
from service.http.openapi import document
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problem_kinds import ALL_KINDS
from service.http.problem_pages import ProblemEntry, entry, listed, page_of, page_of_all, site_file
from service.http.problems import not_found
from service.http.questions import Nothing

CSS: Header = (b"content-type", b"text/css; charset=utf-8")
SCRIPT: Header = (b"content-type", b"text/javascript; charset=utf-8")
POLICY: Header = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
)
_FORMS = ("application/json", "text/html")


class Problems(Struct):
    """Every kind of problem."""

    problems: list[ProblemEntry]


@cache
def openapi_json() -> bytes:
    """The OpenAPI document of this version; made once, when it is first asked for."""
    from service.http.routes import ROUTES as ALL_ROUTES  # this module is one of them

    return encode(document(ALL_ROUTES))


def _fixed(request: Call, body: bytes, *headers: Header) -> Answer:
    request.question(Nothing)
    etag = content_etag(body)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag))
    return Answer(body, etag_header(etag), *headers)


async def openapi(request: Call) -> Answer:
    """Answer `GET /openapi.json`."""
    return _fixed(request, openapi_json(), JSON)


async def docs(request: Call) -> Answer:
    """Answer `GET /docs`."""
    return _fixed(request, site_file("docs.html"), HTML, POLICY)


async def docs_css(request: Call) -> Answer:
    """Answer `GET /docs/docs.css`."""
    return _fixed(request, site_file("docs.css"), CSS)


async def docs_js(request: Call) -> Answer:
    """Answer `GET /docs/docs.js`."""
    return _fixed(request, site_file("docs.js"), SCRIPT)


async def example(request: Call) -> Answer:
    """Answer `GET /docs/examples/{operation}.json`."""
    name, _, ending = request.path_params["example"].rpartition(".")
    if ending != "json" or name not in EXAMPLES:
        raise not_found()
    return _fixed(request, _example(name), JSON)


@cache
def _example(name: str) -> bytes:
    return encode(EXAMPLES[name]())


async def problems(request: Call) -> Answer:
    """Answer `GET /problems`."""
    if chosen(request.scope, _FORMS) == "text/html":
        return _fixed(request, page_of_all(), HTML, POLICY)
    return _fixed(request, encode(Problems(listed())), JSON)


async def problem(request: Call) -> Answer:
    """Answer `GET /problems/{slug}`."""
    kind = ALL_KINDS.get(request.path_params["slug"])
    if kind is None:
        raise not_found()
    if chosen(request.scope, _FORMS) == "text/html":
        return _fixed(request, page_of(kind), HTML, POLICY)
    return _fixed(request, encode(entry(kind)), JSON)


def _page(path: str, name: str, summary: str, *replies: Reply, problems: tuple[str, ...] = PUBLIC) -> Operation:
    unchanged = Reply(304, "The caller's copy still holds", headers=(CONTENT_ETAG,))
    return Operation(
        method="GET",
        path=path,
        id=name,
        tag="service",
        summary=summary,
        permission=None,
        headers=(IF_NONE_MATCH,),
        replies=(*replies, unchanged),
        problems=problems,
    )


def _as(media_type: str, content: object = None) -> Reply:
    return Reply(200, "The document", content, media_type, headers=(CONTENT_ETAG,))


ROUTES: list[HTTPRouteHandler] = [
    _page("/openapi.json", "openapi", "The OpenAPI document of this service", _as("application/json", dict)).route(
        openapi
    ),
    _page("/docs", "docs", "The documentation to read and to try", _as("text/html")).route(docs),
    _page("/docs/docs.css", "docs_css", "The style of the documentation", _as("text/css")).route(docs_css),
    _page("/docs/docs.js", "docs_js", "The script of the documentation", _as("text/javascript")).route(docs_js),
    _page(
        "/docs/examples/{example:str}",
        "read_example",
        "What a call answers about the demo's story",
        _as("application/json", dict),
        problems=(*PUBLIC, "not-found"),
    ).route(example),
    _page(
        "/problems", "list_problems", "Every kind of problem", _as("application/json", Problems), _as("text/html")
    ).route(problems),
    _page(
        "/problems/{slug:str}",
        "read_problem",
        "What a kind of problem means, and what to do about it",
        _as("application/json", ProblemEntry),
        _as("text/html"),
        problems=(*PUBLIC, "not-found"),
    ).route(problem),
]
