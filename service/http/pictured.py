"""Which answers can be drawn, and how a drawing is sent. How one looks is said in `service.pictures`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from litestar.types import Scope

from service.http.answers import Answer, Header, position_header
from service.http.negotiation import chosen
from service.http.operations import Reply
from service.ledger.histories import History
from service.pictures.forces import forces_picture
from service.pictures.proof_loop import proof_loop_picture

SVG = "image/svg+xml"
FORMS = ("application/json", SVG)
PICTURES: Mapping[str, Callable[[Any], bytes]] = MappingProxyType(
    {"forces": forces_picture, "proof-loop": proof_loop_picture}
)
"""By the name of the resource."""

DRAWN = Reply(200, "The answer as a picture", None, SVG)
_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"image/svg+xml"),
    # Opened by itself, a picture is a document: it may style itself and nothing else.
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; sandbox"),
)


def wants_picture(scope: Scope) -> bool:
    """Whether the caller takes a picture rather than JSON."""
    return chosen(scope, FORMS) == SVG


def drawn(name: str, answer: Any, history: History) -> Answer:
    """An answer as its picture."""
    return picture_answer(PICTURES[name](answer), history)


def picture_answer(svg: bytes, history: History) -> Answer:
    """A picture as it is sent. It has no ETag: it says less than the answer that it shows."""
    return Answer(svg, *_HEADERS, position_header(history.position))
