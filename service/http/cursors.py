"""Cursors: where a page ended, bound to the question that was asked. No secret is in one, and none may enter.

Filters and sight are applied again on every page: a forged cursor shows nothing that its sender may not see anyway.
"""

import base64
import binascii
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar.types import Scope

from service.http.answers import Header
from service.http.problems import Problem

T = TypeVar("T")

BINDING_BYTES = 9


def binding(*question: Any) -> bytes:
    """A short digest of everything a cursor belongs to: caller, path, filters and times."""
    return sha256(msgspec.msgpack.encode(question, order="sorted")).digest()[:BINDING_BYTES]


def cursor(bound_to: bytes, place: Any) -> str:
    """`place` (small plain values) as the cursor of the page after it."""
    packed = bound_to + msgspec.msgpack.encode(place)
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def place_of(text: str, bound_to: bytes, kind: type[T]) -> T:
    """The place a cursor names, or a 400 when it is damaged or belongs to another question."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if packed[:BINDING_BYTES] == bound_to:
            return msgspec.msgpack.decode(packed[BINDING_BYTES:], type=kind)
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        pass
    raise Problem(
        "cursor-not-valid", "The cursor does not continue this question.", accepted="`next` of the page before"
    )


def next_page(scope: Scope, following: str, below: str = "") -> str:
    """The address of the page after this one: the same question with another cursor, at the path `below` this one."""
    gone = (b"cursor=", b"include=") if below else (b"cursor=",)
    kept = [pair for pair in scope["query_string"].split(b"&") if pair and not pair.startswith(gone)]
    query = b"&".join([*kept, b"cursor=" + following.encode()])
    return f"{scope['raw_path'].decode('latin-1')}{below}?{query.decode('latin-1')}"


def link_next(address: str) -> Header:
    """The same address as a Link header (RFC 8288)."""
    return (b"link", f'<{address}>; rel="next"'.encode("latin-1"))
