"""Requests written out in full before the clock starts, so that sending them costs as little as can be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

VERSION_MARK = b"@VERSION"
"""Stands in a body for the stream's version, which is written over it, padded with spaces to the same length."""


@dataclass(frozen=True)
class Traffic:
    """Requests sent in turn, over and over; every answer must have status `expected`.

    Every `period` requests are a pass over the streams: `VERSION_MARK` is the number of the pass plus `first_version`.
    """

    requests: Sequence[bytes]
    expected: int
    period: int
    first_version: int = 1

    @property
    def reads(self) -> bool:
        """Whether these change nothing, so that they may be sent again."""
        return self.requests[0].startswith(b"GET ")

    @property
    def unwarmed(self) -> "Traffic":
        """The same for measuring what each stream costs at its first use: the pass in advance is one request."""
        return replace(self, period=1)

    def write(self, file: Path) -> None:
        """One line with the length before each request: a form that Lua reads as easily as Python."""
        file.write_bytes(b"".join(b"%d\n%b" % (len(one), one) for one in self.requests))


def read_requests(file: Path) -> list[bytes]:
    """What `Traffic.write` wrote."""
    content, at, requests = file.read_bytes(), 0, []
    while at < len(content):
        end = content.index(b"\n", at)
        length = int(content[at:end])
        requests.append(content[end + 1 : end + 1 + length])
        at = end + 1 + length
    return requests


def request(method: str, path: str, body: bytes | None = None, key: str | None = None) -> bytes:
    """One HTTP/1.1 request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if key is not None:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")
