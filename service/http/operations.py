"""What a route says about itself: the source of its registration, its permission check and its documentation."""

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.permissions import Permission
from service.http.questions import Nothing

Method = Literal["GET", "POST", "DELETE"]

_REGISTER: dict[str, Callable[..., Any]] = {"GET": get, "POST": post, "DELETE": delete}

# Problems by what a call does; `PUBLIC` can happen to any.
PUBLIC = ("header-malformed", "not-acceptable", "internal", "query-malformed", "query-too-long")
KEYED = (
    *PUBLIC,
    "no-valid-key",
    "no-valid-token",
    "token-opens-nothing",
    "role-forbids",
    "too-many-requests",
    "store-unavailable",
    "issuer-unavailable",
)
READS = (*KEYED, "fact-unreadable")
PAGES = (*READS, "cursor-not-valid")
WRITES = (
    *KEYED,
    "fact-unreadable",
    "body-malformed",
    "body-too-large",
    "body-too-slow",
    "content-type-refused",
    "event-id-reused",
    "overloaded",
    "not-ready",
)


class Told(Struct, frozen=True):
    """One header of an answer or a request."""

    name: str
    description: str
    schema: Mapping[str, Any] = MappingProxyType({"type": "string"})


class Reply(Struct, frozen=True):
    """One way a call is answered when it succeeds."""

    status: int
    description: str
    content: Any = None
    media_type: str = "application/json"
    headers: tuple[Told, ...] = ()


class Operation(Struct, frozen=True, kw_only=True, dict=True):
    """A call: its place, its question, its answers and the problems it may meet.

    With `tickets` a stream of it may be asked for with a ticket in the query instead of a key in the header. `shapes`
    are types that its bodies refer to by the names of their schemas alone.
    """

    method: Method
    path: str
    id: str
    tag: str
    summary: str
    description: str = ""
    permission: Permission | None = "read"
    question: type[Struct] = Nothing
    bodies: tuple[Any, ...] = ()
    shapes: tuple[Any, ...] = ()
    headers: tuple[Told, ...] = ()
    replies: tuple[Reply, ...]
    problems: tuple[str, ...] = READS
    refusals: bool = False
    tickets: bool = False

    @property
    def public(self) -> bool:
        """Whether the call needs no key: said here, route by route, never by a pattern of paths."""
        return self.permission is None

    @cached_property
    def media_types(self) -> tuple[str, ...]:
        """The forms in which the call answers, the default first."""
        return tuple(dict.fromkeys(reply.media_type for reply in self.replies if reply.status != 304)) or (
            "application/json",
        )

    def route(self, handler: Callable[..., Any]) -> HTTPRouteHandler:
        """The Litestar route that answers this call with `handler`."""
        register = _REGISTER[self.method](
            self.path, opt={"operation": self, "public": self.public}, include_in_schema=False, status_code=200
        )
        route: HTTPRouteHandler = register(handler)
        return route


def operation_of(handler: Any) -> Operation | None:
    """What a registered route says about itself; None for routes that Litestar adds."""
    operation: Operation | None = handler.opt.get("operation")
    return operation
