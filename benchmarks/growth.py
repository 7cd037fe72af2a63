"""Whether the service stays as fast and as small when its log grows to a million facts."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import ours
from benchmarks.bench import Bench, Figure, Ready
from benchmarks.ours import RECORDED, Filled
from benchmarks.processes import Serving


@dataclass(frozen=True)
class Growth:
    """A small and a large log, the same number of deals in use on both; a figure a round.

    `spread` are reads over every deal of the large log, most of which are not in memory. Memory in MB, after all that.
    """

    small_facts: int
    large_facts: int
    small_append: list[Figure]
    large_append: list[Figure]
    small_get: list[Figure]
    large_get: list[Figure]
    spread: list[Figure]
    resident_mb: list[float]


def growth(bench: Bench, tell: Callable[[str], None]) -> Growth:
    """Fill both logs through the ledger, then measure them in turn."""
    sizes = bench.sizes
    facts = sizes.log_deal_facts
    result = Growth(sizes.small_log_deals * facts, sizes.large_log_deals * facts, [], [], [], [], [], [])
    tell(f"filling a log of {result.small_facts:,} and one of {result.large_facts:,} facts")
    with (
        ours.filled(bench, "small", sizes.small_log_deals, facts) as small,
        ours.filled(bench, "large", sizes.large_log_deals, facts) as large,
    ):
        for number in range(1, sizes.rounds + 1):
            for log, gets, appends in (
                (small, result.small_get, result.small_append),
                (large, result.large_get, result.large_append),
            ):
                with ours.serving(bench, log.name) as (server, _):
                    gets.append(_get(bench, server, log, sizes.small_log_deals))
                    appends.append(_append(bench, server, log, sizes.small_log_deals))
                    if log is large:
                        result.spread.append(_get(bench, server, log, log.deals))
                        result.resident_mb.append(server.resident_mb)
                tell(f"round {number}: {log.name} log: get {gets[-1].rate:,.0f}/s, append {appends[-1].rate:,.0f}/s")
    return result


def _get(bench: Bench, server: Serving, log: Filled, deals: int) -> Figure:
    return bench.measure(Ready(server, log.reads("get", deals)), bench.sizes.connections)


def _append(bench: Bench, server: Serving, log: Filled, deals: int) -> Figure:
    def recorded() -> int:
        return bench.postgres.number(log.name, RECORDED)

    return bench.measure(Ready(server, log.appends(deals), recorded), bench.sizes.connections)
