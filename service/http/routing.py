"""Which route answers a call: Litestar's tree of routes, asked once for each shape of address."""

import re
from typing import Any

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service.http.bodies import header_values
from service.http.problems import Problem, not_found

_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HOST = re.compile(rb"[0-9A-Za-z!$&'()*+,;=._~:\[\]@%-]*")


class Known(Struct, frozen=True):
    """The route of one shape of address, and the names of the ids in it."""

    handler: HTTPRouteHandler
    template: str
    names: tuple[str, ...]


class Router:
    """Routes by the shape of an address: the address with a mark for each id. There are as many shapes as routes.

    Litestar keeps the last thousand addresses, and with a stream's id in nearly each of them most are not among those.
    """

    def __init__(self, app: Litestar) -> None:
        self._app = app
        self._known: dict[tuple[str, str], Known] = {}

    def route(self, scope: Any) -> HTTPRouteHandler:
        """The handler of a call, its parameters and template put in `scope`; raises what Litestar's tree raises."""
        hosts = header_values(scope, b"host")
        if hosts and not _HOST.fullmatch(hosts[0]):
            raise Problem("header-malformed", "The request's head cannot be read.", accepted="A valid Host header")
        path = scope["path"]
        ids = _ID.findall(path)
        shape = scope["method"], _ID.sub("*", path)
        known = self._known.get(shape)
        if known is not None and len(known.names) == len(ids):
            scope["path_params"] = dict(zip(known.names, ids, strict=True))
            scope["path_template"] = known.template
            return known.handler
        if not is_canonical(path):
            raise not_found()
        _, handler, _, parameters, template = self._app.asgi_router.handle_routing(path=path, method=scope["method"])
        scope["path_params"], scope["path_template"] = parameters, template
        assert isinstance(handler, HTTPRouteHandler), "there are no routes of another kind"
        if list(parameters.values()) == ids:
            self._known[shape] = Known(handler, template, tuple(parameters))
        return handler


def is_canonical(path: str) -> bool:
    """Whether a path is written the one way that this service takes: no empty steps, no slash at the end."""
    return "//" not in path and (path == "/" or not path.endswith("/"))
