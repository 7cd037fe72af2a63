"""Clients that go away in the middle: nothing of them is left, and what they sent whole happened once or not at all."""

import json
import random
import socket
import struct
import time
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]  # it has no types
import psycopg

from tests.faults.conftest import Connect, Pair, a_deal, eventually, noted
from tests.faults.history import History, Write, check, stored
from tests.running import Running

TIMES = 200
RESET = struct.pack("ii", 1, 0)


def half_sent(service: Running, request: bytes, sent: int, wait_s: float) -> None:
    """Send the beginning of a request, wait, and reset the connection."""
    parts = urlsplit(service.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.sendall(request[:sent])
        time.sleep(wait_s)


def statements_under_way(pair: Pair) -> int:
    with psycopg.connect(pair.database.superuser) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'throughline' AND state <> 'idle' "
            "AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_F10_clients_that_vanish_leave_nothing_behind(pair: Pair, connect: Connect) -> None:
    """A half and a whole request in turn, 200 times, each reset before its answer was read."""
    client, history, chance = connect(pair.first), History(), random.Random(10)
    deal = a_deal(client, history)
    path = f"/v1/deals/{deal.partition('/')[2]}/events"
    process = psutil.Process(pair.first.process.pid)
    connections, threads = len(process.net_connections()), process.num_threads()
    for turn in range(TIMES):
        fact = noted(f"Sent for the {turn}th time")
        body = json.dumps(fact).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {pair.first.owner_key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        whole = turn % 2 == 1
        if whole:
            history.writes.append(Write(deal, (fact["event_id"],), time.monotonic(), path, fact))
        sent = len(head) + (len(body) if whole else chance.randrange(len(body)))
        half_sent(pair.first, head + body, sent, chance.choice([0, 0, 0.001, 0.005]))
    eventually(lambda: len(process.net_connections()) <= connections and statements_under_way(pair) == 0)
    assert process.num_threads() <= threads + 1
    assert client.write(history, deal, [noted("Somebody who stays")]).status == 201
    assert client.read(history, deal)
    check(history, stored(pair.database.app))
    lost = [write for write in history.told("unknown") if client.settle(write) is None]
    assert lost == []
    check(history, stored(pair.database.app))
    assert "Traceback" not in pair.first.output
