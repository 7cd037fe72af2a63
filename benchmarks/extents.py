"""What one very long stream costs beside a usual one, and very many streams beside a few: the same calls on both."""

import http.client
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import filling, ours
from benchmarks.bench import Bench, Figure, NotComparable, Ready
from benchmarks.facts import BUYER
from benchmarks.filling import Filled
from benchmarks.load.traffic import Traffic, request
from benchmarks.ours import RECORDED
from benchmarks.processes import Serving

OPENING_FACTS = 3
"""Of each of the many streams: what it is about, and two people. Lists read rows, whatever the facts."""
SECONDS_MAX = 3
"""For each of the many calls, so that all of them together take minutes."""
MANY_CONNECTIONS = 2
"""To the logs of many streams: a list by trust goes through all of them, and thirty-two at once would be sent away."""
BY_TRUST = "/v1/deals?limit=20&sort=trust"
SUMMARISED_DEADLINE_S = 600.0
"""For the first list by trust of all: it has the summaries of all streams made, and is sent away until they are."""
IN_TURN_MAX = 20_000
"""Deals that are used in turn: more than are used in that time, and more facts than the service keeps in memory."""


@dataclass
class Extents:
    """Figures of one call each, a round each, on a usual and on a large extent. Memory in MB after all of them.

    `summarised_s` is how long the first list by trust of the many streams takes, with the summaries made for it.
    """

    short_facts: int
    long_facts: int
    few_streams: int
    many_streams: int
    long: dict[str, tuple[list[Figure], list[Figure]]]
    many: dict[str, tuple[list[Figure], list[Figure]]]
    resident_mb: list[float]
    summarised_s: float = 0.0


def extents(bench: Bench, tell: Callable[[str], None]) -> Extents:
    """Fill four logs through the ledger, then measure them in turn."""
    sizes = bench.sizes
    found = Extents(sizes.read_facts, sizes.long_deal_facts, sizes.few_streams, sizes.many_streams, {}, {}, [])
    tell(f"filling a deal of {found.long_facts:,} facts twice, and {found.many_streams:,} deals")
    with (
        filling.filled(bench, "short", 2, found.short_facts) as short,
        filling.filled(bench, "long", 2, found.long_facts) as long,
        filling.filled(bench, "few", found.few_streams, OPENING_FACTS) as few,
        filling.filled(bench, "many", found.many_streams, OPENING_FACTS) as many,
    ):
        found.summarised_s = _summarised(bench, many)
        tell(f"the first list by trust of {found.many_streams:,} deals after {found.summarised_s:.1f} s")
        for number in range(1, sizes.rounds + 1):
            for log, which in ((short, 0), (long, 1)):
                _measured(bench, log, _of_one(log), sizes.connections, found.long, which)
            for log, which in ((few, 0), (many, 1)):
                resident_mb = _measured(bench, log, _of_many(log), MANY_CONNECTIONS, found.many, which)
            found.resident_mb.append(resident_mb)
            tell(f"round {number}: {resident_mb:,.0f} MB with {found.many_streams:,} deals")
    return found


def _summarised(bench: Bench, log: Filled) -> float:
    """Seconds until a list by trust is answered that nothing was made for yet."""
    with ours.serving(bench, log.name) as (server, _):
        began = time.monotonic()
        while time.monotonic() - began < SUMMARISED_DEADLINE_S:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=SUMMARISED_DEADLINE_S)
            try:
                connection.request("GET", BY_TRUST, headers={"Authorization": f"Bearer {log.key}"})
                answer = connection.getresponse()
                answer.read()
            finally:
                connection.close()
            if answer.status == 200:  # as HTTP has it
                return time.monotonic() - began
            time.sleep(float(answer.getheader("Retry-After", "1")))
    raise NotComparable(f"no list by trust within {SUMMARISED_DEADLINE_S:g} s")


def _measured(
    bench: Bench,
    log: Filled,
    calls: dict[str, Traffic],
    connections: int,
    into: dict[str, tuple[list[Figure], list[Figure]]],
    which: int,
) -> float:
    """Each call's figure goes to its place in `into`; the service's memory after them, in MB."""
    with ours.serving(bench, log.name) as (server, _):
        for name, traffic in calls.items():
            into.setdefault(name, ([], []))[which].append(_figure(bench, server, log, traffic, connections))
        return server.resident_mb


def _figure(bench: Bench, server: Serving, log: Filled, traffic: Traffic, connections: int) -> Figure:
    def recorded() -> int:
        return bench.postgres.number(log.name, RECORDED)

    ready = Ready(server, traffic, recorded if traffic.expected == 201 else None)
    return bench.measure(ready, connections, min(bench.sizes.seconds, SECONDS_MAX))


def _of_one(log: Filled) -> dict[str, Traffic]:
    """One deal grows, by thousands of facts in a round; the other stays as long as it is."""
    return {
        "append": log.appends(range(1)),
        "GET the deal": log.reads("get", range(1, 2)),
        "page of 100 facts": log.reads("page", range(1, 2)),
        "page of 100 of the feed": _end_of_feed(log),
    }


def _of_many(log: Filled) -> dict[str, Traffic]:
    return {
        "append to one deal after the other": log.appends(range(min(log.deals, IN_TURN_MAX))).unwarmed,
        "GET one deal after the other": log.reads("get", range(log.deals)[-IN_TURN_MAX:]).unwarmed,
        "list of 20": _get(log, "/v1/deals?limit=20"),
        "list of 20 of a customer": _get(log, "/v1/deals?limit=20&customer=Brightwater%20Couriers%207"),
        "list of 20 by trust": _get(log, BY_TRUST),
        "list of 20 of a party": _get(log, f"/v1/deals?limit=20&party={BUYER}"),
        "page of 100 of the feed": _end_of_feed(log),
    }


def _end_of_feed(log: Filled) -> Traffic:
    return _get(log, f"/v1/events?from={max(0, log.facts - 100)}&limit=100")


def _get(log: Filled, path: str) -> Traffic:
    return Traffic([request("GET", path, key=log.key)], 200, 1)
