"""What leaves the service: a status, headers and bytes that are already encoded. Nothing is computed here."""

from collections.abc import Iterable
from typing import Any

import msgspec
from litestar.types import Receive, Scope, Send

from domain.facts import Recorded
from service.ledger.wire import event_json

Header = tuple[bytes, bytes]

JSON = (b"content-type", b"application/json")
PROBLEM_JSON = (b"content-type", b"application/problem+json")
HTML = (b"content-type", b"text/html; charset=utf-8")

encode = msgspec.json.Encoder().encode


class Answer:
    """A finished answer. It is its own ASGI response, because copying headers and bodies through layers costs more than
    the rest of a request."""

    __slots__ = ("body", "code", "raw_headers")

    def __init__(self, body: bytes, *headers: Header, code: int = 200) -> None:
        self.body = body
        self.code = code
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        await send({"type": "http.response.start", "status": self.code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


def as_json(value: Any, *headers: Header, code: int = 200) -> Answer:
    """`value` (structs, dicts, bytes as `msgspec.Raw`) as an `application/json` answer."""
    return Answer(encode(value), JSON, *headers, code=code)


def not_modified(*headers: Header) -> Answer:
    """304: the caller's copy still holds."""
    answer = Answer(b"", *headers, code=304)
    answer.raw_headers.pop()  # a 304 tells no length: it would be read as that of the whole answer
    return answer


def joined(events: Iterable[Recorded]) -> bytes:
    """The wire form of several facts as one JSON array, spliced and not encoded again."""
    return b"[" + b",".join(map(event_json, events)) + b"]"


def position_header(position: int) -> Header:
    """How many facts the log had when the answer was made."""
    return (b"throughline-position", b"%d" % position)
