"""Bodies that trickle, stop or never come: cut at the deadline, while everybody else is served."""

import socket
import time
from typing import Any

import httpx
import pytest

from tests.http.conftest import BODY_DEADLINE_S, World, a_deal, client

SLOW_CLIENTS = 32
# Everything shares two cores with the rest of the tests: not a figure, only "not stuck behind the slow ones".
UNHINDERED_S = 1.0


def posting(world: World, path: str, head: str, body: bytes) -> socket.socket:
    """A connection on which the head of a POST and some of its body have been sent."""
    url = httpx.URL(world.url)
    connection = socket.create_connection((url.host, url.port or 80), timeout=10)
    lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{head}\r\n"
    key = f"Authorization: Bearer {world.here.member.key}\r\n"
    connection.sendall(lines.replace("\r\nHost", f"\r\n{key}Host", 1).encode() + body)
    return connection


def answered(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    return received


@pytest.mark.parametrize("head", ["Content-Length: 100\r\n", "Transfer-Encoding: chunked\r\n"])
def test_A10_a_body_that_stops_is_cut_with_408(world: World, head: str) -> None:
    with posting(world, "/v1/deals", head, b'10\r\n{"type":') as slow:
        began = time.monotonic()
        told = answered(slow)
        assert time.monotonic() - began < BODY_DEADLINE_S * 6
    assert told.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/body-too-slow" in told
    assert b"connection: close" in told.lower()


def test_A10_a_body_that_trickles_is_cut_as_well(world: World) -> None:
    with posting(world, "/v1/deals", "Content-Length: 1000\r\n", b"") as slow:
        began = time.monotonic()
        slow.settimeout(0.05)
        told = b""
        while not told and time.monotonic() - began < BODY_DEADLINE_S * 6:
            try:
                slow.sendall(b" ")
                told = slow.recv(65_536)
            except TimeoutError:
                continue
        assert told.startswith(b"HTTP/1.1 408 ")


def test_A10_others_are_served_meanwhile(world: World) -> None:
    slow = [posting(world, "/v1/deals", "Content-Length: 1000\r\n", b"{") for _ in range(SLOW_CLIENTS)]
    try:
        with client(world, world.here.member) as http:
            for _ in range(5):
                began = time.monotonic()
                assert http.get("/v1/me").status_code == 200
                assert time.monotonic() - began < UNHINDERED_S
    finally:
        for connection in slow:
            connection.close()


def test_F10_a_client_that_vanishes_leaves_nothing_behind(
    world: World, member: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    deal = a_deal(member)
    for _ in range(20):
        posting(world, f"{deal}/events", "Content-Length: 1000\r\n", b'{"type":"note').close()
    end = time.monotonic() + BODY_DEADLINE_S * 4
    events: list[Any] = []
    while time.monotonic() < end:
        events = member.get(f"{deal}/events").json()["events"]
        time.sleep(0.1)
    assert len(events) == 1
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: two\r\n",
        "Transfer-Encoding: gzip, chunked, x\r\n",
    ],
)
def test_A11_a_body_of_two_lengths_is_refused(world: World, head: str) -> None:
    with posting(world, "/v1/deals", head, b"{}") as smuggler:
        told = answered(smuggler)
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 408 "))
    assert told.count(b"HTTP/1.1") == 1
