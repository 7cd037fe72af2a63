"""Bounds on connections around requests: silent ones, slow or huge headers, readers that never read, too many.

Bodies have their own deadline where they are read.
"""

from asyncio import TimerHandle, Transport
from itertools import chain
from typing import Any

import httptools
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from service.settings import Settings

HEADER_BYTES_MAX = 32 * 1024
"""The sum of a request's line and headers; browsers and proxies stay below 16 KiB."""

STALLED_READER_S = 30.0
"""A reader that takes nothing for this long holds a full buffer of ours for nobody."""

STALLED_AT_STOP_S = 1.0
"""The same once the service is asked to stop: what is in flight is answered to those who read."""

KEEP_ALIVE_S = 30
"""Idle time between two requests of one connection; proxies in front keep theirs shorter or reconnect."""

LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
FULL_BODY = (
    b'{"type":"/problems/overloaded","title":"Too many connections","status":503,'
    b'"detail":"This server has as many connections as it takes; try again shortly."}'
)
NO_REQUEST = (
    b'{"type":"/problems/header-malformed","title":"A header is not what this call takes","status":400,'
    b'"detail":"%b",'
    b'"accepted":"a request as in RFC 9112, each header in one line, one Host, up to %d bytes in all"}'
)
NO_REQUEST_HEAD = (
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"
    b"content-type: application/problem+json\r\ncontent-length: %d\r\n\r\n"
)
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\n"
    b"content-type: application/problem+json\r\ncontent-length: %d\r\n\r\n%b" % (len(FULL_BODY), FULL_BODY)
)


class WholeAnswer(RequestResponseCycle):
    """uvicorn's request and response; an answer whose length is told goes out in one piece, its head looked at once."""

    _held: Any = None  # the beginning of an answer, until its body comes
    _length = -1

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            self._length = _length_told(message)
            self._held = message if self._length >= 0 else None
            if self._held is None:
                await super().send(message)
            return
        held, self._held = self._held, None
        if held is None:
            await super().send(message)
        elif self._is_usual(message):
            if not self.disconnected:
                self._send_whole(held, message["body"])
        else:
            await super().send(held)
            await super().send(message)

    def _is_usual(self, message: Any) -> bool:
        """Whether all of the body is in `message`, and is to be sent at once."""
        whole = len(message["body"]) == self._length and not message.get("more_body", False)
        return whole and not self.flow.write_paused and self.scope["method"] != "HEAD"

    def _send_whole(self, start: Any, body: bytes) -> None:
        headers = [*self.default_headers, *start["headers"]]
        parts = [STATUS_LINE[start["status"]]]
        for name, value in headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
        head = b"".join(parts)
        lines = len(headers) + (2 if self.keep_alive else 3)
        if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
            raise RuntimeError("A header holds the end of a line.")
        self.response_started = self.response_complete = True
        self.transport.write(head + body)
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()


def _length_told(start: Any) -> int:
    """The length of an answer that tells it, and after which the connection is kept; -1 for any other."""
    length = -1
    for name, value in start["headers"]:
        if name == b"connection":
            return -1
        if name == b"content-length":
            length = int(value)
    return length


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's protocol with deadlines until a request's headers are complete, and while its reader does not read."""

    header_deadline_s: float
    connections_max: int
    _head_timer: TimerHandle | None = None
    _stall_timer: TimerHandle | None = None
    _flow_timer: TimerHandle | None = None
    _head_bytes = 0
    _in_head = False

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            transport.write(FULL)
            transport.close()
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        # Counted from the second piece on: the first may begin with the end of a body that nobody wanted any more.
        self._head_bytes += len(data) if self._in_head else 0
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's annotation leaves out that there may be none yet
        if cycle is not None and not cycle.response_complete:
            return  # a request is being answered
        if self._head_timer is None:
            self._await_head()
        if self._in_head and self._head_bytes > HEADER_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response("The request's headers are too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_arrived()
        if len(self.url) + sum(map(len, chain.from_iterable(self.headers))) > HEADER_BYTES_MAX:
            raise httptools.HttpParserError("headers too large")  # answered with 400 by uvicorn
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1:
            raise httptools.HttpParserError("two hosts")  # a proxy in front may have gone by the other one
        if not hosts and self.parser.get_http_version() != "1.0":
            raise httptools.HttpParserError("no host")  # RFC 9112, section 3.2: only HTTP/1.0 may leave it out
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.__class__ = WholeAnswer  # uvicorn names its own class where it makes one
        super()._start_asgi_task(cycle, app)

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as a request has no operation: it is answered here, in the form of all problems."""
        told = NO_REQUEST % (msg.encode("ascii"), HEADER_BYTES_MAX)
        self.transport.write(NO_REQUEST_HEAD % len(told) + told)
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall_timer = self.loop.call_later(STALLED_READER_S, self.transport.abort)

    def shutdown(self) -> None:
        super().shutdown()
        self._expect_flow(0)

    def _expect_flow(self, before: int) -> None:
        """While the service stops: cut off a reader of whose answer nothing left since the last look."""
        left = self.transport.get_write_buffer_size()
        if before and left >= before:
            self.transport.abort()
        else:
            self._flow_timer = self.loop.call_later(STALLED_AT_STOP_S, self._expect_flow, left)

    def resume_writing(self) -> None:
        self._reader_reads()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        self._reader_reads()
        if self._flow_timer is not None:
            self._flow_timer.cancel()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # also of a connection that was reset, which its timer would hold for long

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self.header_deadline_s, self._head_late)

    def _head_arrived(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _reader_reads(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _head_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            if self._in_head:
                self.transport.write(LATE)
            self.transport.close()


def bounded(settings: Settings) -> type[BoundedConnection]:
    """The protocol class with the settings' bounds."""
    bounds = {"header_deadline_s": settings.header_deadline_s, "connections_max": settings.connections_max}
    return type("Connection", (BoundedConnection,), bounds)
