"""`python -m benchmarks.attacks`: how long a good client waits while somebody attacks, and what the service grows by.

The attackers are processes of their own on the same machine, and take what processor time they get: on a small machine
a part of what they cost is that. The table belongs into docs/limits.md.
"""

import itertools
import multiprocessing
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

import click
import msgspec

from benchmarks import ours, postgres
from benchmarks.contending import encode
from benchmarks.facts import everyday, opening, stream_id
from benchmarks.postgres import Postgres
from benchmarks.processes import Serving, call, free_port, serving
from service.ledger.tokens import new_token

GOOD_PER_S = 30
"""Calls of the good client at most, a read and an append in turn: enough for a p99, too few to be a load."""
WARM_S = 1.0
FLOODERS = 8
SLOW_OF_EACH_KIND = 16
DROPPED_AT_ONCE = 200
KEY_LIMIT_PER_S = 200
"""What the attacker's key may call in the attack on the limit; the good client stays below."""
ON_DISK = Path("/var/tmp")  # noqa: S108  # a disk and not memory: fsync has its price


@dataclass(frozen=True)
class Target:
    """What attackers know: the service's port, and a key to it."""

    port: int
    key: str

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def head(self, line: str, *more: str) -> bytes:
        lines = [f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {self.key}", *more, "", ""]
        return "\r\n".join(lines).encode()


Attack = Callable[[Target, Event], None]


def nothing(_: Target, over: Event) -> None:
    over.wait()


def big_bodies(target: Target, over: Event) -> None:
    """A9: in turn one byte too many with a length, 2 MiB in pieces without one, and a compressed body."""
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for turn in itertools.count():
        if over.is_set():
            return
        with suppress(OSError), target.connect() as connection:
            kind = ("Content-Length: 1048577", "Transfer-Encoding: chunked", "Content-Encoding: gzip")[turn % 3]
            more = ("Content-Type: application/json", kind, *(("Content-Length: 1000",) if turn % 3 == 2 else ()))
            connection.sendall(target.head("POST /v1/deals", *more))
            for _ in range(32):
                connection.sendall(piece if turn % 3 == 1 else b"x" * 65_536)
            connection.recv(4_096)


def slow(target: Target, over: Event) -> None:
    """A10: 64 connections at all times, 16 of each: silent, a header byte or a body byte a second, or not reading."""
    starts = (
        b"",
        b"GET /v1/me HTTP/1.1\r\nX-A: ",
        target.head("POST /v1/deals", "Content-Type: application/json", "Content-Length: 100000"),
        target.head("GET /v1/events", "Accept: text/event-stream"),
    )
    held: list[tuple[int, socket.socket]] = []
    while not over.wait(1):
        kept = []
        for kind, connection in held:
            try:
                if kind in (1, 2):
                    connection.send(b" ")
                connection.setblocking(False)
                if kind < 3 and connection.recv(4_096) == b"":
                    raise ConnectionResetError
                kept.append((kind, connection))
            except BlockingIOError:
                kept.append((kind, connection))
            except OSError:
                connection.close()
        held = kept
        for kind, start in enumerate(starts):
            for _ in range(SLOW_OF_EACH_KIND - sum(one == kind for one, _ in held)):
                connection = socket.socket()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
                connection.connect(("127.0.0.1", target.port))
                connection.sendall(start)
                held.append((kind, connection))


def flood(target: Target, over: Event) -> None:
    """A16: one key, on 8 connections, as fast as it is answered."""
    _pressing(target, over, lambda: target.head("GET /v1/me"))


def guesses(target: Target, over: Event) -> None:
    """A17: wrong keys, each another, on 8 connections, as fast as they are answered."""
    _pressing(target, over, lambda: Target(target.port, new_token(uuid4(), uuid4()).shown).head("GET /v1/me"))


def _pressing(target: Target, over: Event, request: Callable[[], bytes]) -> None:
    connections = [target.connect() for _ in range(FLOODERS)]
    while not over.is_set():
        for connection in connections:
            connection.sendall(request())
        for connection in connections:
            connection.recv(65_536)  # an answer of this size comes in one piece, near enough for an attacker


def open_and_drop(target: Target, over: Event) -> None:
    """A24: 200 streams are opened, half of them read a little, and all are dropped; again and again."""
    request = target.head("GET /v1/events", "Accept: text/event-stream")
    while not over.is_set():
        opened: list[socket.socket] = []
        with suppress(OSError):
            for number in range(DROPPED_AT_ONCE):
                connection = target.connect()
                opened.append(connection)
                connection.sendall(request)
                if number % 2:
                    connection.recv(64)
        for connection in opened:
            connection.close()


ATTACKS: Mapping[str, tuple[Attack, int]] = {
    "none": (nothing, 0),
    "A9 bodies that are too big, 4 at a time": (big_bodies, 4),
    "A10 64 connections that are silent, trickle or never read": (slow, 1),
    f"A16 one key over its limit of {KEY_LIMIT_PER_S}/s, {FLOODERS} connections": (flood, 1),
    f"A17 wrong keys without a pause, {FLOODERS} connections": (guesses, 1),
    f"A24 {DROPPED_AT_ONCE} streams opened and dropped, again and again": (open_and_drop, 1),
}


@dataclass(frozen=True)
class Waited:
    """Milliseconds that the good client waited for its answers, and megabytes that the service grew by."""

    calls: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    grown_mb: float


@click.command(help="Measure a good client's waiting during each attack, and print it as a table.")
@click.option("--seconds", type=click.FloatRange(1, 120), default=10, show_default=True, help="How long each takes.")
def main(seconds: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="throughline-attacks-", dir=ON_DISK if ON_DISK.is_dir() else None))
    folder.chmod(0o711)
    click.echo("| attack | p50 ms | p99 ms | worst ms | memory |\n|---|---|---|---|---|")
    try:
        with postgres.running(folder) as server:
            for name, (attack, attackers) in ATTACKS.items():
                waited = measured(server, folder, attack, attackers, seconds)
                figures = (
                    f"{waited.p50_ms:.1f} | {waited.p99_ms:.1f} | {waited.worst_ms:.1f} | {waited.grown_mb:+.0f} MB"
                )
                click.echo(f"| {name} | {figures} |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measured(server: Postgres, folder: Path, attack: Attack, attackers: int, seconds: float) -> Waited:
    """A good client's waiting, beside so many attackers, on a service and a database of their own."""
    with server.database("attacks") as database, started(server, folder, database) as (service, owner):
        keys = [_key(service, owner) for _ in range(2)]
        good, target = Target(service.port, keys[0]), Target(service.port, keys[1])
        _call(service, good.key, "POST", "/v1/deals", {"stream_id": stream_id("read", 0), "facts": opening(0)}, 201)
        list(calls(good, WARM_S))
        before = service.resident_mb
        context = multiprocessing.get_context("spawn")
        over = context.Event()
        others = [context.Process(target=attack, args=(target, over), daemon=True) for _ in range(attackers)]
        for one in others:
            one.start()
        try:
            time.sleep(WARM_S if attackers else 0)
            waits = sorted(calls(good, seconds))
            grown_mb = service.resident_mb - before
        finally:
            over.set()
            for one in others:
                one.join(10)
                one.kill()
        return Waited(
            calls=len(waits),
            p50_ms=1e3 * waits[len(waits) // 2],
            p99_ms=1e3 * waits[len(waits) * 99 // 100],
            worst_ms=1e3 * waits[-1],
            grown_mb=grown_mb,
        )


def calls(good: Target, seconds: float) -> Iterator[float]:
    """How long each of the good client's calls takes; each must be answered well."""
    http = HTTPConnection("127.0.0.1", good.port, timeout=30)
    headers = {"Authorization": f"Bearer {good.key}", "Content-Type": "application/json"}
    deal = f"/v1/deals/{stream_id('read', 0)}"
    began = time.perf_counter()
    for number in range(int(seconds * GOOD_PER_S)):
        time.sleep(max(0.0, began + number / GOOD_PER_S - time.perf_counter()))
        if time.perf_counter() - began > seconds:
            return
        sent = time.perf_counter()
        if number % 2:
            http.request("GET", deal, headers=headers)
        else:
            http.request("POST", f"{deal}/events", encode(everyday(number)), headers)
        answer = http.getresponse()
        body = answer.read()
        if answer.status not in (200, 201):
            raise click.ClickException(f"the good client was answered {answer.status}: {body.decode()}")
        yield time.perf_counter() - sent


@contextmanager
def started(server: Postgres, folder: Path, database: str) -> Iterator[tuple[Serving, str]]:
    """A service with a limit for keys on an empty database, and its owner's key."""
    data = Path(tempfile.mkdtemp(dir=folder))
    port = free_port()
    told = ours.environment(server, database, data) | {
        "THROUGHLINE_PORT": str(port),
        "THROUGHLINE_KEY_REQUESTS_PER_S": str(KEY_LIMIT_PER_S),
    }
    with serving(ours.command(), told, port, "/health/ready", data / "log") as service:
        yield service, (data / "owner.key").read_text().strip()


def _key(service: Serving, owner: str) -> str:
    party = _call(service, owner, "POST", "/v1/members", {"name": "somebody", "role": "member"}, 201)
    wanted = {"party_id": msgspec.json.decode(party)["party_id"], "name": "key"}
    made = _call(service, owner, "POST", "/v1/credentials", wanted, 201)
    return str(msgspec.json.decode(made)["key"])


def _call(service: Serving, key: str, method: str, path: str, body: object, wanted: int) -> bytes:
    status, answer = call(service.port, method, path, encode(body), key)
    if status != wanted:
        raise click.ClickException(f"{method} {path} was answered {status}: {answer.decode()}")
    return answer


if __name__ == "__main__":
    main()
