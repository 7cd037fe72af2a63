"""Sends prepared requests at a steady rate, and notes of each position when it was sent and when answered."""

import re
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence

READ_BYTES = 1 << 16
ANSWER_MAX_S = 10.0

_POSITION = re.compile(rb'"position":(\d+),"recorded_at"')


class NotPaced(Exception):
    """A request was answered otherwise than with the fact it recorded."""


def paced(port: int, requests: Sequence[bytes], rate: float, connections: int) -> dict[int, tuple[float, float]]:
    """Each request once, `rate` a second: by position, when the request was sent and when it was answered."""
    selector = selectors.DefaultSelector()
    idle: deque[socket.socket] = deque()
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_MAX_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        idle.append(connection)
    sent: dict[int, tuple[float, float]] = {}
    under_way: dict[socket.socket, float] = {}
    answers: dict[socket.socket, bytes] = {}
    began, at = time.monotonic(), 0
    while at < len(requests) or under_way:
        now = time.monotonic()
        due = began + at / rate
        if at < len(requests) and now >= due and idle:
            connection = idle.popleft()
            connection.sendall(requests[at])
            under_way[connection] = time.monotonic()
            at += 1
            continue
        pause = max(0.0, due - now) if idle and at < len(requests) else ANSWER_MAX_S
        ready = selector.select(pause)
        if not ready and pause == ANSWER_MAX_S:
            raise NotPaced(f"no answer for {ANSWER_MAX_S:g} s")
        for key, _ in ready:
            answering = key.fileobj
            assert isinstance(answering, socket.socket), "only sockets are watched"
            answer = answers.pop(answering, b"") + answering.recv(READ_BYTES)
            found = _POSITION.findall(answer)
            if not answer.startswith(b"HTTP/1.1 201 "):
                raise NotPaced(answer[:300])
            if not found:
                answers[answering] = answer
                continue
            sent[int(found[0])] = under_way.pop(answering), time.monotonic()
            idle.append(answering)
    for connection in idle:
        connection.close()
    return sent
