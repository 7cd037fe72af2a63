"""Whether the service stays as fast and as small when its log grows to a million facts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks import filling, ours
from benchmarks.bench import Bench, Figure, Ready
from benchmarks.filling import Filled
from benchmarks.load.traffic import Traffic
from benchmarks.ours import RECORDED
from benchmarks.processes import Serving


@dataclass(frozen=True)
class Growth:
    """A small and a large log, the same number of deals in use on both; a figure a round.

    `cold` are of deals of the large log that are not in memory, each used once. Memory in MB, after reading all deals.
    """

    small_facts: int
    large_facts: int
    small_append: list[Figure] = field(default_factory=list)
    large_append: list[Figure] = field(default_factory=list)
    cold_append: list[Figure] = field(default_factory=list)
    small_get: list[Figure] = field(default_factory=list)
    large_get: list[Figure] = field(default_factory=list)
    cold_get: list[Figure] = field(default_factory=list)
    resident_mb: list[float] = field(default_factory=list)


def growth(bench: Bench, tell: Callable[[str], None]) -> Growth:
    """Fill both logs through the ledger, then measure them in turn."""
    sizes = bench.sizes
    facts = sizes.log_deal_facts
    result = Growth(sizes.small_log_deals * facts, sizes.large_log_deals * facts)
    tell(f"filling a log of {result.small_facts:,} and one of {result.large_facts:,} facts")
    with (
        filling.filled(bench, "small", sizes.small_log_deals, facts) as small,
        filling.filled(bench, "large", sizes.large_log_deals, facts) as large,
    ):
        used, unused = range(small.deals), range(small.deals, large.deals)
        for number in range(1, sizes.rounds + 1):
            for log, gets, appends in (
                (small, result.small_get, result.small_append),
                (large, result.large_get, result.large_append),
            ):
                with ours.serving(bench, log.name) as (server, _):
                    gets.append(_figure(bench, server, log, log.reads("get", used)))
                    appends.append(_figure(bench, server, log, log.appends(used)))
                    if log is large:
                        result.cold_get.append(_figure(bench, server, log, log.reads("get", unused).unwarmed))
                        result.cold_append.append(_figure(bench, server, log, log.appends(unused[::-1]).unwarmed))
                tell(f"round {number}: {log.name} log: get {gets[-1].rate:,.0f}/s, append {appends[-1].rate:,.0f}/s")
        with ours.serving(bench, large.name) as (server, _):
            bench.send(server, large.reads("get"))
            result.resident_mb.append(server.resident_mb)
    return result


def _figure(bench: Bench, server: Serving, log: Filled, traffic: Traffic) -> Figure:
    def recorded() -> int:
        return bench.postgres.number(log.name, RECORDED)

    return bench.measure(Ready(server, traffic, recorded if traffic.expected == 201 else None), bench.sizes.connections)
