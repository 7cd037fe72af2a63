"""Followers while facts are recorded at a steady rate: how soon each of them has each fact, and whether all came."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass, replace

import msgspec

from benchmarks import ours
from benchmarks.bench import Bench, NotComparable
from benchmarks.load.listener import Orders, arrivals
from benchmarks.load.pacing import paced
from benchmarks.processes import ROOT, clean, cpu_s
from service.ledger.feed.following import FOLLOWERS_PER_KEY_MAX
from service.ledger.ledger import Ledger
from service.ledger.members import issue_key
from service.masterkey import MasterKey
from service.settings import read_settings

FACTS_PER_S = 500
WRITERS = 16
"""Connections that record: enough that none is waited for at this rate."""
LISTENER_DEADLINE_S = 60.0


@dataclass(frozen=True)
class Followed:
    """One measurement: milliseconds from the sending of a fact to its arrival at a follower, and the service's load.

    `answered_p99_ms` is how long those who record wait for their answer, which is most of it.
    """

    followers: int
    facts: int
    p50_ms: float
    p99_ms: float
    answered_p99_ms: float
    cores: float


def followed(bench: Bench) -> list[Followed]:
    return [_followed(bench) for _ in range(bench.sizes.rounds)]


def _followed(bench: Bench) -> Followed:
    sizes = bench.sizes
    smaller = replace(bench, sizes=replace(sizes, streams=min(sizes.streams, FACTS_PER_S)))
    with ours.recording(smaller, "append") as ready:
        traffic = bench.warmed(ready)
        owner = traffic.requests[0].partition(b"Bearer ")[2].partition(b"\r\n")[0].decode()
        keys = asyncio.run(_keys(bench, owner, 1 + sizes.followers // FOLLOWERS_PER_KEY_MAX))
        start = bench.postgres.number("ours", "SELECT max(next_position) FROM workspace")
        file = bench.folder / "arrivals"
        orders = Orders(port=ready.server.port, keys=keys, connections=sizes.followers, start=start, file=str(file))
        command = [sys.executable, "-m", "benchmarks.load.listener", msgspec.json.encode(orders).decode()]
        listener = subprocess.Popen(
            command, cwd=ROOT, env=clean({}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert listener.stdin is not None, "it was asked for"
        assert listener.stdout is not None, "it was asked for"
        try:
            if listener.stdout.readline() != "ready\n":
                raise NotComparable("the followers were not let in")
            count = int(FACTS_PER_S * sizes.seconds)
            requests = [traffic.requests[number % len(traffic.requests)] for number in range(count)]
            before = cpu_s(ready.server.pid)
            sent = paced(ready.server.port, requests, FACTS_PER_S, WRITERS)
            used = cpu_s(ready.server.pid) - before
            listener.stdin.write(f"{max(sent)}\n")
            listener.stdin.close()
            if listener.wait(LISTENER_DEADLINE_S) != 0:
                raise NotComparable("a follower was cut off")
        finally:
            listener.kill()
            listener.wait()
            listener.stdout.close()
        delays = []
        for positions, times in arrivals(file):
            if list(positions) != sorted(sent):
                raise NotComparable(f"{len(positions)} facts came where {len(sent)} were recorded, or in another order")
            delays += [1e3 * (came - sent[position][0]) for position, came in zip(positions, times, strict=True)]
        delays.sort()
        waits = sorted(answered - began for began, answered in sent.values())
        return Followed(
            followers=sizes.followers,
            facts=len(sent),
            p50_ms=delays[len(delays) // 2],
            p99_ms=delays[len(delays) * 99 // 100],
            answered_p99_ms=1e3 * waits[len(waits) * 99 // 100],
            cores=used / sizes.seconds,
        )


async def _keys(bench: Bench, owner: str, count: int) -> list[str]:
    """Members' keys, as one key follows over so many connections only."""
    settings = read_settings(
        ours.environment(bench.postgres, "ours", bench.folder / "keys") | {"THROUGHLINE_PORT": "0"}
    )
    assert settings.master_key is not None, "it is among the settings"
    async with Ledger.open(bench.postgres.app_address("ours"), MasterKey(settings.master_key), settings) as ledger:
        identity = await ledger.identify(owner)
        return [
            await issue_key(ledger, identity.workspace_id, role="member", name=f"follower {number}")
            for number in range(count)
        ]
