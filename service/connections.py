"""Bounds on connections around requests: silent ones, slow or huge headers, readers that never read, too many.

Bodies have their own deadline where they are read.
"""

import logging
from asyncio import TimerHandle, Transport
from collections import deque
from itertools import chain
from math import inf
from random import Random
from typing import Any, NoReturn

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
NO_REQUEST = (
    b"HTTP/1.1 400 Bad Request",
    b'{"type":"/problems/header-malformed","title":"A header is not what this call takes","status":400,"detail":"%b",'
    b'"instance":"/#%b",'
    b'"accepted":"a request as in RFC 9112, each header in one line, one Host, up to '
    + str(HEADER_BYTES_MAX).encode()
    + b' bytes in all"}',
)
FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1",
    b'{"type":"/problems/overloaded","title":"Too much at once","status":503,"detail":"%b","instance":"/#%b"}',
)
"""How an answer begins that belongs to no operation, and its body around a sentence and the request's id."""

_random_bits = Random().getrandbits  # noqa: S311  # as the ids of requests that could be read

log = logging.getLogger("throughline.connections")


def refusal(form: tuple[bytes, bytes], detail: str) -> bytes:
    """A problem and the end of the connection, before there is a request to answer; it leaves a line in the log."""
    head, body = form
    request_id = f"{_random_bits(64):016x}"
    log.info("request %s was refused unread: %s", request_id, detail, extra={"request_id": request_id})
    told = body % (detail.encode("ascii"), request_id.encode())
    return (
        b"%b\r\nconnection: close\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
        b"throughline-request: %b\r\n\r\n%b" % (head, len(told), request_id.encode(), told)
    )


class WholeAnswer(RequestResponseCycle):
    """uvicorn's request and response; an answer whose length is told goes out in one piece, its head looked at once."""

    _held: Any = None  # the beginning of an answer, until its body comes
    _length = -1

    async def send(self, message: Any) -> None:
        held, self._held = self._held, None
        if held is not None:
            if self._is_usual(message):
                if not self.disconnected:
                    self._send_whole(held, message["body"])
                return
            await super().send(held)
        elif message["type"] == "http.response.start" and not self.response_started:
            self._length = _length_told(message)
            if self._length >= 0:
                self._held = message
                return
        await super().send(message)

    def _is_usual(self, message: Any) -> bool:
        """Whether all of the body is in `message`, and is to be sent at once."""
        whole = len(message["body"]) == self._length and not message.get("more_body", False)
        return whole and not self.flow.write_paused and self.scope["method"] != "HEAD"

    def _send_whole(self, start: Any, body: bytes) -> None:
        lines = [*map(b": ".join, self.default_headers), *map(b": ".join, start["headers"])]
        if not self.keep_alive:
            lines.append(b"connection: close")
        told = b"".join(lines)
        if b"\n" in told or b"\r" in told or b"\0" in told:
            raise RuntimeError("A header holds the end of a line.")
        self.response_started = self.response_complete = True
        self.transport.write(b"%b%b\r\n\r\n%b" % (STATUS_LINE[start["status"]], b"\r\n".join(lines), body))
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
    """uvicorn's protocol with deadlines until a request's headers are complete, and while its reader does not read.

    Between requests and until the next one's head is whole there is a moment at which the connection ends, `_ends_at`.
    It moves with every request; the one timer looks at it when it comes, and goes on waiting when there is time left.
    """

    header_deadline_s: float
    connections_max: int
    _ends_at = inf
    _timer: TimerHandle | None = None
    _stall_timer: TimerHandle | None = None
    _flow_timer: TimerHandle | None = None
    _piece_bytes = 0
    _more_head_bytes = 0
    _awaits_head = False
    _in_head = False
    _answered: RequestResponseCycle | None = None  # the last one that was begun to be answered
    _over = False  # something that cannot be read came while others were to be answered
    _fault = ""  # why a request that could be read is refused all the same

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        super().connection_made(transport)
        if len(self.connections) > self.connections_max:
            transport.write(refusal(FULL, "This server has as many connections as it takes; try again shortly."))
            transport.close()
        else:
            self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        if self._in_head:
            # Counted from the second piece on: the first may begin with the end of a body that nobody wanted any more.
            self._more_head_bytes += len(data)
        else:
            self._piece_bytes = len(data)
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's annotation leaves out that there may be none yet
        if cycle is not None and not cycle.response_complete:
            return  # a request is being answered
        if not self._awaits_head:
            self._await_head()
        if self._in_head and self._more_head_bytes > HEADER_BYTES_MAX and not self.transport.is_closing():
            self.send_400_response("The request's headers are too large.")

    def on_message_begin(self) -> None:
        self._in_head, self._more_head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = self._awaits_head = False
        self._ends_at = inf
        if self._piece_bytes + self._more_head_bytes > HEADER_BYTES_MAX and self._head_bytes() > HEADER_BYTES_MAX:
            self._refuse("The request's headers are too large.")
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts > 1:
            self._refuse("The request has more than one Host.")  # a proxy in front may have gone by the other one
        if not hosts and self.parser.get_http_version() != "1.0":
            self._refuse("The request has no Host.")  # RFC 9112, section 3.2: only HTTP/1.0 may leave it out
        super().on_headers_complete()

    def _refuse(self, fault: str) -> NoReturn:
        """End the reading of a request; uvicorn has it answered with 400."""
        self._fault = fault
        raise httptools.HttpParserError(fault)

    def _head_bytes(self) -> int:
        return len(self.url) + sum(map(len, chain.from_iterable(self.headers)))

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        cycle.__class__ = WholeAnswer  # uvicorn names its own class where it makes one
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on to the next request, as uvicorn does, which would start a timer after each."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._end_in(self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """What cannot be read as a request has no operation: it is answered here, in the form of all problems.

        Unless a whole request before it is yet to be answered, for whose answer this would be taken: then that is the
        last answer, and nothing more is read.
        """
        begun = [] if self._answered is None else [self._answered]
        asked = [*begun, *(cycle for cycle, _ in reversed(self.pipeline))]
        whole = [cycle for cycle in asked if not cycle.more_body and not cycle.response_complete]
        if whole:
            self.pipeline = deque(pair for pair in self.pipeline if not pair[0].more_body)
            whole[-1].keep_alive = False
            self._over = True
            return
        self.transport.write(refusal(NO_REQUEST, self._fault or msg))
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
        self._reader_reads()
        for timer in (self._timer, self._flow_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _reader_reads(self) -> None:
        if self._stall_timer is not None:
            self._stall_timer.cancel()
            self._stall_timer = None

    def _await_head(self) -> None:
        self._awaits_head = True
        self._end_in(self.header_deadline_s)

    def _end_in(self, seconds: float) -> None:
        self._ends_at = self.loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= self._ends_at:
                return
            self._timer.cancel()
        self._timer = self.loop.call_at(self._ends_at, self._look)

    def _look(self) -> None:
        """End the connection when it is time; look again then when it is not; no more while a request is answered."""
        self._timer = None
        if self._ends_at > self.loop.time():
            if self._ends_at < inf:
                self._timer = self.loop.call_at(self._ends_at, self._look)
        elif not self.transport.is_closing():
            if self._in_head:
                self.transport.write(LATE)
            self.transport.close()


def bounded(settings: Settings) -> type[BoundedConnection]:
    """The protocol class with the settings' bounds."""
    bounds = {"header_deadline_s": settings.header_deadline_s, "connections_max": settings.connections_max}
    return type("Connection", (BoundedConnection,), bounds)
