"""Connections that never become requests are bounded in time, size and number (the slow and the huge, A10 and A11)."""

import asyncio
import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from service.connections import HEADER_BYTES_MAX, bounded
from service.http.problem_kinds import HTTP_PROBLEMS
from service.settings import read_settings
from tests.conftest import open_folder
from tests.running import ROOT, Running, started

OPENAPI = json.loads((ROOT / "openapi" / "openapi.json").read_text("utf-8"))
PROBLEM_MEMBERS = set(OPENAPI["components"]["schemas"]["Problem"]["required"])
DEADLINE_S = 1.0
CONNECTIONS_MAX = 20
KEPT_S = 1.0


@pytest.fixture(scope="module")
def service() -> Iterator[Running]:
    environment = {
        "THROUGHLINE_HEADER_DEADLINE_S": str(DEADLINE_S),
        "THROUGHLINE_CONNECTIONS_MAX": str(CONNECTIONS_MAX),
    }
    folder = open_folder("throughline-test-")
    with started(folder / "data", environment) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def connected(service: Running) -> socket.socket:
    url = httpx.URL(service.url)
    return socket.create_connection((url.host, url.port or 80), timeout=10)


def rest(connection: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def answer(connection: socket.socket) -> bytes:
    """One whole answer that tells its length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    assert length is not None
    while len(body) < int(length.group(1)):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def test_A11_what_cannot_be_read_does_not_answer_for_the_request_before_it(service: Running) -> None:
    good, no_host = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /health/live HTTP/1.1\r\n\r\n"
    no_body = b"POST /v1/deals HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n"
    for requests, answers in ((good + no_host, 1), (good + good + no_host, 2), (good + no_body, 1)):
        with connected(service) as piped:
            piped.sendall(requests)
            received = rest(piped)
            assert received.count(b"HTTP/1.1 200 ") == answers
            assert received.count(b"HTTP/1.1 ") == answers
            assert received.count(b"connection: close") == 1


def test_A10_a_silent_connection_is_closed_at_the_deadline(service: Running) -> None:
    with connected(service) as silent:
        began = time.monotonic()
        assert rest(silent) == b""
        assert DEADLINE_S * 0.8 < time.monotonic() - began < DEADLINE_S * 4


def test_A10_headers_that_trickle_are_cut_with_408(service: Running) -> None:
    with connected(service) as slow:
        began = time.monotonic()
        slow.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        slow.settimeout(0.2)
        received = b""
        while time.monotonic() - began < DEADLINE_S * 4:
            try:
                slow.sendall(b"X-A: 1\r\n")
                if not (chunk := slow.recv(4096)):
                    break
                received += chunk
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        assert received.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < DEADLINE_S * 3


def test_A10_empty_lines_between_requests_do_not_hold_a_connection(service: Running) -> None:
    with connected(service) as idle:
        idle.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(4096).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        idle.sendall(b"\r\n")
        rest(idle)
        assert time.monotonic() - began < DEADLINE_S * 4


def test_A10_a_connection_stays_while_requests_come_and_the_next_one_has_its_own_deadline(service: Running) -> None:
    with connected(service) as busy:
        began = time.monotonic()
        while time.monotonic() - began < DEADLINE_S * 2:
            busy.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answer(busy).startswith(b"HTTP/1.1 200 ")
            time.sleep(DEADLINE_S / 4)
        began = time.monotonic()
        busy.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
        assert rest(busy).startswith(b"HTTP/1.1 408 ")
        assert DEADLINE_S * 0.8 < time.monotonic() - began < DEADLINE_S * 4


async def _answered(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


def test_an_idle_connection_is_closed_so_long_after_its_last_answer(folder: Path) -> None:
    """Not after its first one, from which its timer may still run."""

    async def seconds_idle() -> float:
        settings = read_settings({"THROUGHLINE_DATA": str(folder)})
        config = uvicorn.Config(
            _answered, http=bounded(settings), lifespan="off", log_config=None, timeout_keep_alive=int(KEPT_S)
        )
        config.load()
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: bounded(settings)(config, ServerState(), {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(4):
            await asyncio.sleep(KEPT_S * 0.4)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200 ")
        last = time.monotonic()
        assert await reader.read() == b""
        writer.close()
        server.close()
        return time.monotonic() - last

    assert KEPT_S * 0.8 < asyncio.run(seconds_idle()) < KEPT_S * 4


def test_A11_huge_headers_are_refused_whether_complete_or_not(service: Running) -> None:
    filler = b"X-Filler: " + b"a" * HEADER_BYTES_MAX
    for end in (b"\r\n\r\n", b""):
        with connected(service) as huge:
            huge.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n")
            time.sleep(0.05)  # so that the server reads it in two pieces
            huge.sendall(filler + end)
            assert huge.recv(4096).startswith(b"HTTP/1.1 400 ")


GET, POST = b"GET /health/live HTTP/1.1\r\n", b"POST /v1/deals HTTP/1.1\r\n"
HOST, CHUNKED = b"Host: x\r\n", b"Transfer-Encoding: chunked\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
REFUSED_SHAPES = {
    "lines that end with a line feed alone": b"GET /health/live HTTP/1.1\nHost: x\n\n",
    "a carriage return alone": GET + b"Host: x\rX-A: 1\r\n\r\n",
    "no host": GET + b"\r\n",
    "no host among other headers": GET + b"Accept: */*\r\nX-Host: x\r\n\r\n",
    "two hosts": GET + HOST + b"Host: y\r\n\r\n",
    "a header folded over two lines": GET + HOST + b"X-A: 1\r\n 2\r\n\r\n",
    "a space before the colon": GET + HOST + b"X-A : 1\r\n\r\n",
    "a length with a space before the colon": POST + HOST + b"Content-Length : 2\r\n\r\n{}",
    "a header without a colon": GET + HOST + b"X-A\r\n\r\n",
    "a zero byte": GET + HOST + b"X-A: a\x00b\r\n\r\n",
    "one length twice": POST + HOST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths in one header": POST + HOST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + HOST + b"Content-Length: +2\r\n\r\n{}",
    "a length in hexadecimal": POST + HOST + b"Content-Length: 0x2\r\n\r\n{}",
    "two codings": POST + HOST + CHUNKED + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n\r\n",
    "a coding and a length": POST + HOST + CHUNKED + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a coding that is none": POST + HOST + b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    "a coding behind a strange space": POST + HOST + b"Transfer-Encoding: \x0bchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a piece of a negative size": POST + HOST + CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n",
    "a piece of a size with a prefix": POST + HOST + CHUNKED + b"\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "a piece of a size beyond all numbers": POST + HOST + CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "pieces that end with a line feed alone": POST + HOST + CHUNKED + b"\r\n2\n{}\n0\n\n",
    "tabs in the first line": b"GET\t/health/live\tHTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("shape", REFUSED_SHAPES)
def test_A11_what_two_servers_could_read_in_two_ways_is_refused_and_the_connection_ends(
    service: Running, shape: str
) -> None:
    """What follows on the connection could be the end of this request or another one: it is not read."""
    with connected(service) as ambiguous:
        ambiguous.sendall(REFUSED_SHAPES[shape] + SMUGGLED)
        told = rest(ambiguous)
    assert told.startswith(b"HTTP/1.1 400 "), told
    assert told.count(b"HTTP/1.1 ") == 1, "one answer, and none to what was smuggled"
    problem = problem_in(told)
    assert problem["type"] == "/problems/header-malformed"
    faults = {"no host": "The request has no Host.", "two hosts": "The request has more than one Host."}
    assert problem["detail"] == faults.get(shape, problem["detail"])


def problem_in(told: bytes) -> dict[str, Any]:
    """The problem that the end of a connection was told with, which is of the published form."""
    head, _, body = told.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    problem: dict[str, Any] = json.loads(body)
    assert problem.keys() >= PROBLEM_MEMBERS
    known = HTTP_PROBLEMS[problem["type"].removeprefix("/problems/")]
    assert (problem["title"], problem["status"]) == (known.title, known.status)
    request_id = problem["instance"].partition("#")[2]
    assert f"throughline-request: {request_id}".encode() in head
    return problem


def test_A11_two_requests_in_one_piece_get_two_answers(service: Running) -> None:
    """The same two, put together rightly: the test above does not pass because nothing is ever answered."""
    with connected(service) as twice:
        twice.sendall(GET + HOST + b"\r\n" + SMUGGLED)
        received = b""
        while received.count(b"HTTP/1.1 ") < 2:
            received += twice.recv(65536)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 404 " in received


def test_a_client_of_http_1_0_need_not_name_the_host(service: Running) -> None:
    with connected(service) as old:
        old.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
        assert rest(old).startswith(b"HTTP/1.1 200 ")


def test_the_rest_of_a_body_after_an_early_answer_is_not_taken_for_a_header(service: Running) -> None:
    size = HEADER_BYTES_MAX * 4
    with connected(service) as early:
        early.sendall(b"POST /v1/deals HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
        assert answer(early).startswith(b"HTTP/1.1 401 ")
        for _ in range(4):
            early.sendall(b"a" * HEADER_BYTES_MAX)
        early.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer(early).startswith(b"HTTP/1.1 200 ")


def test_a_body_larger_than_the_headers_bound_is_no_header(service: Running) -> None:
    answer = httpx.post(f"{service.url}/v1/no-such", content=b"a" * (HEADER_BYTES_MAX * 3), headers=service.headers)
    assert answer.status_code in {404, 405}


def test_too_many_connections_are_turned_away_with_503_and_then_taken_again(service: Running) -> None:
    with ExitStack() as held:
        for _ in range(CONNECTIONS_MAX):
            held.enter_context(connected(service))
        time.sleep(0.2)
        with connected(service) as one_more:
            one_more.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            told = one_more.recv(4096)
            assert told.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1" in told
            assert problem_in(told)["type"] == "/problems/overloaded"
    time.sleep(0.2)
    assert httpx.get(f"{service.url}/health/live").status_code == 200


def test_a_good_client_is_served_beside_slow_ones(service: Running, folder: Path) -> None:
    with ExitStack() as held:
        for _ in range(CONNECTIONS_MAX - 4):
            held.enter_context(connected(service)).sendall(b"GET /health/live HT")
        assert httpx.get(f"{service.url}/health/live").status_code == 200
