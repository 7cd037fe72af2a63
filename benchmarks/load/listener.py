"""Follows the feed over many connections and notes when each fact came over each: a process of its own.

It says `ready` once every connection has been answered, and ends once each has seen the position that it is then given.
"""

import re
import selectors
import socket
import sys
import time
from array import array
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

READ_BYTES = 1 << 18
SILENCE_MAX_S = 10.0
"""What has not come by then, after the last fact was recorded, counts as lost."""

_FACT = re.compile(rb"id: (\d+)\ndata: ")


class Orders(Struct, frozen=True, kw_only=True):
    """Whom to follow: `connections` in all, the keys in turn, from position `start` on. The arrivals go to `file`."""

    port: int
    keys: list[str]
    connections: int
    start: int
    file: str


@dataclass(slots=True)
class Line:
    """One connection: what came of it, and what of an event is still incomplete."""

    socket: socket.socket
    rest: bytes = b""
    positions: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[float]" = field(default_factory=lambda: array("d"))

    def take(self, content: bytes, now: float) -> None:
        whole, ended, rest = (self.rest + content).rpartition(b"\n\n")
        if not ended:
            self.rest = rest
            return
        self.rest = rest
        found = _FACT.findall(whole)
        self.positions.extend(map(int, found))
        self.times.extend([now] * len(found))


def listen(orders: Orders) -> None:
    """Follow until told where the log ends, and until that has come."""
    selector = selectors.DefaultSelector()
    lines = [_connected(orders, number) for number in range(orders.connections)]
    for line in lines:
        line.socket.setblocking(False)
        selector.register(line.socket, selectors.EVENT_READ, line)
    selector.register(sys.stdin.buffer, selectors.EVENT_READ, None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    last: int | None = None
    until = float("inf")
    while time.monotonic() < until:
        for key, _ in selector.select(0.1):
            if key.data is None:
                last, until = int(sys.stdin.buffer.readline()), time.monotonic() + SILENCE_MAX_S
                selector.unregister(sys.stdin.buffer)
            else:
                content = key.data.socket.recv(READ_BYTES)
                if not content:
                    raise ConnectionError("a stream was ended")
                key.data.take(content, time.monotonic())
        if last is not None and all(line.positions and line.positions[-1] >= last for line in lines):
            break
    with Path(orders.file).open("wb") as file:
        for line in lines:
            file.write(b"%d\n" % len(line.positions))
            line.positions.tofile(file)
            line.times.tofile(file)
            line.socket.close()


def _connected(orders: Orders, number: int) -> Line:
    connection = socket.create_connection(("127.0.0.1", orders.port), timeout=SILENCE_MAX_S)
    key = orders.keys[number % len(orders.keys)]
    connection.sendall(
        f"GET /v1/events?from={orders.start} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {key}\r\n\r\n".encode()
    )
    answer = b""
    while b"\n\n" not in answer.partition(b"\r\n\r\n")[2]:
        more = connection.recv(READ_BYTES)
        if not more:
            raise ConnectionError(answer[:300])
        answer += more
    if b" 200 " not in answer[:20]:
        raise ConnectionError(answer[:300])
    return Line(connection)


def arrivals(file: Path) -> list[tuple["array[int]", "array[float]"]]:
    """What was noted: of each connection the positions, and when they came (monotonic seconds)."""
    found = []
    with file.open("rb") as content:
        while size := content.readline():
            positions, times = array("q"), array("d")
            positions.fromfile(content, int(size))
            times.fromfile(content, int(size))
            found.append((positions, times))
    return found


if __name__ == "__main__":
    listen(msgspec.json.decode(sys.argv[1], type=Orders))
