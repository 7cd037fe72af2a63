"""Sends prepared requests over keep-alive connections and tells how fast they were answered: a process of its own.

One thread and one selector, no event loop and no parser: an answer is read as far as its status and its length.
Everything is on this machine, so that a request always fits into the socket's buffer.
"""

import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.load.measured import Measured
from benchmarks.load.traffic import VERSION_MARK, read_requests

READ_BYTES = 1 << 18
"""The largest answers, pages of a hundred facts, come in one piece or two."""

SILENCE_MAX_S = 30.0
"""A server that answers nothing for so long has failed."""


class Orders(Struct, frozen=True, kw_only=True):
    """What to send. Without `seconds`, each request is sent once."""

    port: int
    file: str
    connections: int
    expected: int
    period: int
    first_version: int
    seconds: float | None = None


@dataclass(slots=True)
class Line:
    """One connection: since when it waits, and what of the answer is still to come."""

    socket: socket.socket
    sent_at: float = 0.0
    missing: int = 0
    right: bool = True
    head: bytes = field(default=b"")


class Run:
    """One measurement."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._status = b"%d" % orders.expected
        self._requests = read_requests(Path(orders.file))
        self._parts = [request.split(VERSION_MARK) for request in self._requests]
        self._next = 0
        self._latencies: list[float] = []
        self._wrong = 0

    def run(self) -> Measured:
        selector = selectors.DefaultSelector()
        for _ in range(self._orders.connections):
            line = Line(socket.create_connection(("127.0.0.1", self._orders.port), timeout=SILENCE_MAX_S))
            line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line.socket.setblocking(False)
            selector.register(line.socket, selectors.EVENT_READ, line)
        cpu = time.process_time()
        started = time.perf_counter()
        until = None if self._orders.seconds is None else started + self._orders.seconds
        for key in list(selector.get_map().values()):
            self._send(selector, key.data)
        while selector.get_map():
            ready = selector.select(SILENCE_MAX_S)
            if not ready:
                raise TimeoutError(f"no answer on {len(selector.get_map())} connections for {SILENCE_MAX_S:g} s")
            now = time.perf_counter()
            if until is not None and now >= until:
                break
            for key, _ in ready:
                self._receive(selector, key.data, now)
        seconds = time.perf_counter() - started
        for key in list(selector.get_map().values()):
            key.data.socket.close()
        return self._measured(seconds, time.process_time() - cpu)

    def _send(self, selector: selectors.BaseSelector, line: Line) -> None:
        if self._orders.seconds is None and self._next == len(self._requests):
            selector.unregister(line.socket)
            line.socket.close()
            return
        parts = self._parts[self._next % len(self._parts)]
        if len(parts) == 1:
            content = parts[0]
        else:
            version = self._orders.first_version + self._next // self._orders.period
            content = (b"%*d" % (len(VERSION_MARK), version)).join(parts)
        self._next += 1
        line.sent_at = time.perf_counter()
        if line.socket.send(content) != len(content):
            raise BlockingIOError("a request did not fit into the socket's buffer")

    def _receive(self, selector: selectors.BaseSelector, line: Line, now: float) -> None:
        try:
            content = line.socket.recv(READ_BYTES)
        except ConnectionError:
            content = b""
        if not content:
            self._wrong += 1
            selector.unregister(line.socket)
            line.socket.close()
            return
        if line.missing:
            line.missing -= len(content)
        else:
            content = line.head + content
            end = content.find(b"\r\n\r\n")
            if end < 0:
                line.head = content
                return
            line.head = b""
            line.right = content[9:12] == self._status
            line.missing = end + 4 + length_of(content[:end]) - len(content)
        if line.missing == 0:
            self._latencies.append(now - line.sent_at)
            self._wrong += not line.right
            self._send(selector, line)

    def _measured(self, seconds: float, cpu_s: float) -> Measured:
        ordered = sorted(self._latencies)
        if not ordered:
            raise TimeoutError("nothing was answered")
        return Measured(
            answers=len(ordered),
            wrong=self._wrong,
            seconds=seconds,
            p50_ms=1e3 * ordered[len(ordered) // 2],
            p99_ms=1e3 * ordered[len(ordered) * 99 // 100],
            cpu_s=cpu_s,
        )


def length_of(head: bytes) -> int:
    """The body's length as the head tells it; all contenders tell it."""
    _, _, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0])


if __name__ == "__main__":
    orders = msgspec.json.decode(sys.argv[1], type=Orders)
    sys.stdout.buffer.write(msgspec.json.encode(Run(orders).run()))
