"""Which operation answers a call: Litestar's tree of routes, asked once for each shape of address."""

import re
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct

from service.http.bodies import header_values
from service.http.operations import Operation, operation_of
from service.http.problems import Problem, method_not_allowed, not_found

_ID = re.compile("/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_HOST = re.compile(rb"[0-9A-Za-z!$&'()*+,;=._~:\[\]@%-]*")
# A service has a few names; whoever calls it by others pays for each of them.
HOSTS_READ_MAX = 64


class Place(Struct, frozen=True):
    """What answers at one shape of address, and the names of the ids in it."""

    operation: Operation
    handler: Callable[[Any], Awaitable[Any]]
    template: str
    names: tuple[str, ...]


class Router:
    """Routes by the shape of an address: what is between the ids in it. There are as many shapes as routes.

    Litestar keeps the last thousand addresses, and with a stream's id in nearly each of them most are not among those.
    """

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self._methods = methods_of(app)
        self._known: dict[tuple[str, ...], Place] = {}

    def place(self, scope: Any) -> Place:
        """Where a call goes, its parameters and template put in `scope`; raises what Litestar's tree raises."""
        hosts = header_values(scope, b"host")
        if hosts and not _is_host(hosts[0]):
            raise Problem("header-malformed", "The request's head cannot be read.", accepted="A valid Host header")
        path = scope["path"]
        pieces = _ID.split(path)
        ids = pieces[1::2]
        shape = scope["method"], *pieces[::2]
        known = self._known.get(shape)
        if known is not None:
            scope["path_params"] = dict(zip(known.names, ids, strict=True))
            scope["path_template"] = known.template
            return known
        if not is_canonical(path):
            raise not_found()
        _, handler, _, parameters, template = self._app.asgi_router.handle_routing(path=path, method=scope["method"])
        scope["path_params"], scope["path_template"] = parameters, template
        operation = operation_of(handler)
        if operation is None:  # Litestar's own answer to OPTIONS
            raise method_not_allowed(self._methods[template])
        found = Place(operation, handler.fn, template, tuple(parameters))
        if list(parameters.values()) == ids:
            self._known[shape] = found
        return found


@lru_cache(maxsize=HOSTS_READ_MAX)
def _is_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


def is_canonical(path: str) -> bool:
    """Whether a path is written the one way that this service takes: no empty steps, no slash at the end."""
    return "//" not in path and (path == "/" or not path.endswith("/"))


def methods_of(app: Litestar) -> dict[str, list[str]]:
    """The methods that each path answers, without the OPTIONS that Litestar adds; by the path's template."""
    methods: dict[str, list[str]] = {}
    for template, operation in templates_of(app):
        methods.setdefault(template, []).append(operation.method)
    return methods


def templates_of(app: Litestar) -> Iterator[tuple[str, Operation]]:
    """Every operation with the template of its path."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), "there are no routes of another kind"
        for operation in filter(None, map(operation_of, route.route_handlers)):
            yield route.path_format, operation
