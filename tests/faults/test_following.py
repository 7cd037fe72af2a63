"""Followers while processes are killed and asked to stop: every fact once, in order, whichever process tells it."""

import random
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]  # it has no types

from tests.conftest import Database
from tests.faults.conftest import Connect, Pair, a_deal, eventually, noted
from tests.faults.history import History, check, stored
from tests.faults.load import busy_clients
from tests.listening import Listener, listening
from tests.running import Running, Start

WORK_S = 2.0
DROPS = 200
STALLED = 8
KILLS = 3
FAR = 10**9  # no log of a test is that long


class Faithful:
    """A follower that comes back to whoever serves, with the last id it has seen, as a browser does."""

    def __init__(self, services: Sequence[Running], headers: dict[str, str]) -> None:
        self.services = list(services)
        self._headers = headers
        self.events: list[Any] = []
        self.reconnects = 0
        self._last: int | None = None
        self._listener: Listener | None = None

    def until(self, size: int, deadline_s: float = 20.0) -> None:
        """Follow until everything before `size` was looked at."""
        eventually(lambda: self._has(size), deadline_s)

    def stay(self) -> None:
        """Be connected, whatever comes."""
        eventually(lambda: not self._has(FAR) and self._listener is not None)

    def _has(self, size: int) -> bool:
        listener = self._listener
        if listener is None:
            self._connect()
        elif listener.ended.is_set():
            self.close()
        elif listener.last_id is not None and listener.last_id + 1 >= size:
            self.close()
            return True
        return False

    def _connect(self) -> None:
        service = random.choice(self.services)
        with suppress(OSError):
            self._listener = Listener(service.url, self._headers, last_id=self._last)
            self.reconnects += 1

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self.events += self._listener.events
            self._last = self._listener.last_id
            self._listener = None

    def judge(self, rows: Sequence[dict[str, Any]]) -> None:
        """Everything stored was seen once, at its place, and in the order of its stream."""
        seen = [event.data for event in self.events if event.kind == "message"]
        assert [one["position"] for one in seen] == [row["position"] for row in rows]
        assert [one["event_id"] for one in seen] == [str(row["event_id"]) for row in rows]
        assert [one["stream_version"] for one in seen] == [row["version"] for row in rows]


def test_F15_F18_followers_of_two_processes_see_what_both_record_once_and_in_order(pair: Pair) -> None:
    history = History()
    followers = [Faithful([service], pair.first.headers) for service in (pair.first, pair.second) * 2]
    with busy_clients([pair.first.url, pair.second.url], pair.first.owner_key, history, []):
        time.sleep(WORK_S / 2)
        for follower in followers[:2]:
            follower.until(1)
        for follower in followers[2:]:  # they stay
            follower.stay()
        time.sleep(WORK_S / 2)
    assert len(history.told("ok")) > 50
    rows = stored(pair.database.app)
    check(history, rows)
    for follower in followers:
        follower.until(len(rows))
        follower.judge(rows)


def test_F2_followers_come_back_after_kills_and_have_missed_and_doubled_nothing(
    folder: Path, database: Database, service_process: Start
) -> None:
    """Two processes take turns at being killed while both are written to; the followers go where they find somebody."""
    services = [service_process(folder / name, database=database) for name in ("first", "second")]
    key, headers = services[0].owner_key, services[0].headers
    history, streams = History(), list[str]()
    followers = [Faithful(services, headers) for _ in range(4)]
    for kill in range(KILLS):
        with busy_clients([one.url for one in services], key, history, streams, count=4, seed=kill + 1):
            for follower in followers:
                follower.stay()
            time.sleep(random.uniform(0.2, 0.6))
            victim = services[kill % 2]
            victim.kill()
            time.sleep(0.2)
        for follower in followers:
            follower.services = [one for one in services if one is not victim]
        services[kill % 2] = service_process(folder / ("first", "second")[kill % 2], database=database)
        for follower in followers:
            follower.services = services
    rows = stored(database.app)
    check(history, rows)
    assert len(rows) > 50
    for follower in followers:
        follower.until(len(rows))
        follower.judge(rows)
    assert sum(follower.reconnects for follower in followers) > len(followers)


def test_F23_asked_to_stop_it_ends_its_streams_at_once_with_their_position(
    data: Path, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(data), History()
    client = connect(service)
    deal = a_deal(client, history)
    text = "They count shifts on paper. " * 140
    for _ in range(60):
        assert client.write(history, deal, [noted(text) for _ in range(20)]).status == 201
    stalled = _connected(service, buffer_bytes=4096)  # is sent more than all buffers hold, and reads nothing
    stalled.sendall(_request(service))
    size = 1 + history.writes[-1].positions[-1]
    listeners = [Listener(service.url, service.headers, f"?from={size - 5}") for _ in range(16)]
    for listener in listeners:
        listener.until(lambda it: it.last_id == size - 1)
    began = time.monotonic()
    assert service.stop() == 0
    took_s = time.monotonic() - began
    for listener in listeners:
        assert listener.ended.is_set()
        assert listener.events[-1].kind == "position"
        assert listener.events[-1].data == {"next": size}
        listener.close()
    stalled.close()
    assert took_s < 5


def test_A24_two_hundred_dropped_streams_leave_no_connection_behind(pair: Pair, connect: Connect) -> None:
    client, history = connect(pair.first), History()
    a_deal(client, history)
    process = psutil.Process(pair.first.process.pid)
    connections, threads = len(process.net_connections()), process.num_threads()
    request = _request(pair.first)
    for number in range(DROPS):
        with _connected(pair.first) as connection:
            connection.sendall(request)
            if number % 2:
                connection.recv(64)
    eventually(lambda: len(process.net_connections()) <= connections)
    assert process.num_threads() <= threads + 1

    def idle() -> bool:
        used = process.cpu_times()
        time.sleep(0.5)
        now = process.cpu_times()
        return bool(now.user + now.system - used.user - used.system < 0.25)

    eventually(idle, 30.0)  # what was written before is signed for first; then nothing is at work for nobody
    with listening(pair.first.url, pair.first.headers) as listener:
        listener.until(lambda it: bool(it.facts))
    assert "Traceback" not in pair.first.output


def test_A10_followers_that_never_read_harm_nobody(pair: Pair, connect: Connect) -> None:
    """Each is sent what a buffer holds; others get every fact as before."""
    client, history = connect(pair.first), History()
    deal = a_deal(client, history)
    process = psutil.Process(pair.first.process.pid)
    stalled = []
    for _ in range(STALLED):
        connection = _connected(pair.first, buffer_bytes=4096)
        connection.sendall(_request(pair.first))
        stalled.append(connection)
    before = process.memory_info().rss
    text = "They count shifts on paper. " * 140
    start = len(stored(pair.database.app))
    with listening(pair.second.url, pair.first.headers, f"?from={start}") as good:
        for _ in range(60):
            assert client.write(history, deal, [noted(text) for _ in range(20)]).status == 201
        good.until(lambda it: len(it.facts) >= 1200)
        assert len(good.facts) == 1200
    assert process.memory_info().rss - before < 60_000_000
    for connection in stalled:
        connection.close()
    check(history, stored(pair.database.app))


def _connected(service: Running, buffer_bytes: int | None = None) -> socket.socket:
    parts = urlsplit(service.url)
    connection = socket.socket()
    if buffer_bytes is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connection.settimeout(10)
    connection.connect((parts.hostname, parts.port))
    return connection


def _request(service: Running) -> bytes:
    return (
        f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {service.owner_key}\r\n\r\n"
    ).encode()
