"""Which form of an answer the caller takes. Everything is JSON; a few pages are HTML as well."""

import re
from collections.abc import Sequence

from litestar.types import Scope

from service.http.bodies import header_values
from service.http.problems import Problem

# More alternatives than any client sends; the rest is not read.
RANGES_MAX = 50
# RFC 9110 12.4.2. Python would read `nan` and `inf` as well, which compare with nothing as they should.
_QVALUE = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)


def chosen(scope: Scope, offered: Sequence[str]) -> str:
    """The best of `offered` (first is the default) by the Accept header; a 406 problem when none will do."""
    lines = header_values(scope, b"accept")
    if not lines or lines == (b"*/*",):
        return offered[0]
    weights = [(_weight(kind, lines), kind) for kind in offered]
    best = max(weight for weight, _ in weights)
    if best <= 0:
        raise Problem("not-acceptable", "None of the accepted media types is offered here.", accepted=list(offered))
    return next(kind for weight, kind in weights if weight == best)


def _weight(kind: str, lines: Sequence[bytes]) -> float:
    """The q of the most specific media range that covers `kind` (RFC 9110 12.5.1)."""
    family = kind.partition("/")[0]
    specificity, weight = 0, 0.0
    for part in b",".join(lines).decode("latin-1").lower().split(",")[:RANGES_MAX]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        rank = {kind: 3, f"{family}/*": 2, "*/*": 1}.get(name, 0)
        if rank > specificity:
            specificity, weight = rank, _q(parameters)
    return weight


def _q(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QVALUE.fullmatch(value.strip()) else 0.0
    return 1.0
