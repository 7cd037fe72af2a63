"""The policies that trust and signals are reckoned under: published, so that they can be argued with."""

from typing import Any

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from projections.trust.policy import DEFAULT, Policy
from service.http.answers import JSON, Answer, encode, not_modified
from service.http.calls import Call
from service.http.conditions import content_etag, etag_header, holds_copy
from service.http.documented import CONTENT_ETAG, IF_NONE_MATCH
from service.http.operations import PUBLIC, Operation, Reply
from service.http.problems import not_found
from service.http.questions import Nothing
from service.policies import Registry


class PolicyEntry(Struct, frozen=True):
    """One policy: how `?policy=` names it, where its document is, and the SHA-256 of exactly those bytes (hex)."""

    policy: str
    address: str
    sha256: str


class Policies(Struct, frozen=True):
    """The policies there are; `in_force` is the one that answers when none is named."""

    in_force: str
    policies: list[PolicyEntry]


async def list_policies(request: Call) -> Answer:
    """Answer `GET /v1/policies`."""
    return _fixed(request, _list(request.policies))


async def read_policy(request: Call) -> Answer:
    """Answer `GET /v1/policies/{name}/{version}`."""
    policy = request.policies.get(f"{request.path_params['name']}/{request.path_params['version']}")
    if policy is None:
        raise not_found()
    return _fixed(request, policy.document)


def _list(policies: Registry) -> bytes:
    entries = [PolicyEntry(one.key, f"/v1/policies/{one.key}", one.digest) for one in policies.values()]
    return encode(Policies(DEFAULT.key, entries))


def _fixed(request: Call, body: bytes) -> Answer:
    request.question(Nothing)
    etag = content_etag(body)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag))
    return Answer(body, JSON, etag_header(etag))


def _operation(path: str, name: str, summary: str, content: Any, problems: tuple[str, ...]) -> Operation:
    return Operation(
        method="GET",
        path=path,
        id=name,
        tag="catalogue",
        summary=summary,
        description="A policy never changes: another opinion is another version. Decimals are strings.",
        permission=None,
        headers=(IF_NONE_MATCH,),
        replies=(
            Reply(200, "As it is published", content, headers=(CONTENT_ETAG,)),
            Reply(304, "The caller's copy still holds", headers=(CONTENT_ETAG,)),
        ),
        problems=problems,
    )


ROUTES: list[HTTPRouteHandler] = [
    _operation(
        "/v1/policies", "list_policies", "The policies that trust and signals can be asked under", Policies, PUBLIC
    ).route(list_policies),
    _operation(
        "/v1/policies/{name:str}/{version:str}",
        "read_policy",
        "A policy: every weight, half-life and threshold, in the bytes that its digest is of",
        Policy,
        (*PUBLIC, "not-found"),
    ).route(read_policy),
]
