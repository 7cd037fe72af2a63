"""One JSON line per request: what was asked, how it ended, how long it took; and the counts of all.

No header, body or query may enter, but for the id of the caller's trace.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from service.http.problems import REFUSAL
from service.http.request_counts import RequestCounts
from service.http.trace_context import TRACE, trace_id

log = logging.getLogger("throughline.requests")

# Enough for every address of this service; the rest of a longer one says nothing.
PATH_CHARS_MAX = 300
# A line waits this long for others: one write for many lines costs a tenth of a write each.
FLUSH_AFTER_S = 0.1
LINES_MAX = 500

_encoded = msgspec.json.Encoder().encode_lines


class RequestLine(Struct, omit_defaults=True, tag_field="event", tag="request"):
    """One answered request. `ms` counts until the last byte was handed to the server."""

    at: datetime
    request: str
    method: str
    path: str
    status: int
    ms: float
    workspace: Any = None
    party: Any = None
    credential: Any = None
    refusal: str | None = None
    trace: str | None = None


class RequestLog:
    """Collects lines and writes them to standard error a few times a second."""

    def __init__(self, counts: RequestCounts) -> None:
        self.counts = counts
        self._lines: list[RequestLine] = []

    def add(self, scope: Any, request_id: str, status: int, seconds: float) -> None:
        """Note one answered request; the line costs nothing when the level is above `info`."""
        self.counts.add(scope, status, seconds)
        if not log.isEnabledFor(logging.INFO):
            return
        identity = scope.get("user")
        path = scope["raw_path"][:PATH_CHARS_MAX].decode("latin-1")
        line = RequestLine(datetime.now(UTC), request_id, scope["method"], path, status, round(seconds * 1e5) / 100)
        line.refusal = scope.get(REFUSAL)
        parent = scope.get(TRACE)
        if parent is not None:
            line.trace = trace_id(parent)
        if identity is not None:
            line.workspace = identity.workspace_id
            line.party = identity.caller.party_id
            line.credential = identity.credential_id
        if not self._lines:
            asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self.flush)
        self._lines.append(line)
        if len(self._lines) >= LINES_MAX:
            self.flush()

    def flush(self) -> None:
        """Write what is collected."""
        lines, self._lines = self._lines, []
        if lines:
            sys.stderr.write(_encoded(lines).decode())
            sys.stderr.flush()
