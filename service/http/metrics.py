"""The process's figures in the text format of Prometheus, gathered when they are asked for. The series are bounded.

Nothing here is of one workspace, party, key, path or fact.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from service.http.request_counts import RequestCounts
from service.ledger.ledger import Ledger
from service.ledger.webhooks.records import Outcome

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4.encode()

POOL_GAUGES = {
    "pool_size": ("connections", "Connections to PostgreSQL that are open."),
    "pool_available": ("connections_idle", "Open connections that nobody uses."),
    "requests_waiting": ("connection_waiters", "Calls that wait for a connection."),
}
POOL_COUNTERS = {
    "requests_num": ("connections_taken", "Times that a connection was taken."),
    "requests_errors": ("connection_refusals", "Times that none was free in time, or too many waited."),
    "connections_lost": ("connections_lost", "Connections that were found dead."),
}


class Figures(Collector):
    """Everything one process tells of itself. `queue_max` and `facts_kept_max` are the settings' bounds."""

    def __init__(self, ledger: Ledger, counts: RequestCounts, queue_max: int, facts_kept_max: int) -> None:
        self._ledger = ledger
        self._counts = counts
        self._queue_max = queue_max
        self._facts_kept_max = facts_kept_max

    def collect(self) -> Iterator[Metric]:
        yield from self._requests()
        yield from self._ledger_figures()
        yield from self._pools(self._ledger.vitals().pools)
        yield from self._watched()

    def _requests(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(
            "throughline_request_seconds",
            "From a request's head to its answer's last byte, by operation and class of status.",
            labels=["operation", "status"],
        )
        for operation, classes in self._counts.series.items():
            for hundreds, histogram in enumerate(classes):
                if histogram is not None:
                    family.add_metric([operation, f"{hundreds}xx"], histogram.cumulative, histogram.sum)
        yield family
        refusals = CounterMetricFamily(
            "throughline_refusals", "Requests that were answered with a problem, by its kind.", labels=["kind"]
        )
        for kind, count in self._counts.refusals.items():
            refusals.add_metric([kind], count)
        yield refusals

    def _ledger_figures(self) -> Iterator[Metric]:
        vitals = self._ledger.vitals()
        groups = HistogramMetricFamily("throughline_commit_facts", "Facts of one workspace recorded together.")
        groups.add_metric([], vitals.groups.cumulative, vitals.groups.sum)
        yield groups
        yield counter("throughline_facts_appended", "Facts this process recorded.", vitals.groups.sum)
        yield gauge("throughline_queue_facts", "Facts that wait to be recorded.", vitals.facts_waiting)
        yield gauge("throughline_queue_facts_max", "How many may wait for one workspace.", self._queue_max)
        messages = CounterMetricFamily(
            "throughline_webhook_messages",
            "Messages this process sent to webhooks, tests among them, by what came of it.",
            labels=["outcome"],
        )
        for outcome in get_args(Outcome):
            messages.add_metric([outcome], vitals.messages.get(outcome, 0))
        yield messages
        yield gauge("throughline_followers", "Connections that follow a log (server-sent events).", vitals.followers)
        yield gauge(
            "throughline_follower_lag_facts", "How far the slowest of them is behind this process.", vitals.facts_behind
        )
        kept = GaugeMetricFamily("throughline_kept", "What is kept in memory, by its kind.", labels=["kind"])
        for kind, count in {
            "streams": vitals.streams_kept,
            "facts": vitals.facts_kept,
            "content_keys": vitals.ciphers_kept,
            "credentials": vitals.credentials_kept,
            "workspaces": vitals.workspaces,
        }.items():
            kept.add_metric([kind], count)
        yield kept
        yield gauge("throughline_kept_facts_max", "How many facts of streams are kept.", self._facts_kept_max)
        yield gauge(
            "throughline_unreadable_streams",
            "Streams that this process came across and could not read.",
            vitals.unreadable_streams,
        )

    def _pools(self, pools: Mapping[str, Mapping[str, int]]) -> Iterator[Metric]:
        for kinds, family in ((POOL_GAUGES, GaugeMetricFamily), (POOL_COUNTERS, CounterMetricFamily)):
            for stat, (name, text) in kinds.items():
                one: Any = family(f"throughline_database_{name}", text, labels=["pool"])
                for pool, stats in pools.items():
                    one.add_metric([pool], stats.get(stat, 0))
                yield one

    def _watched(self) -> Iterator[Metric]:
        watch = self._ledger.watch
        yield gauge("throughline_database_up", "Whether the database answered at the last look.", watch.database_up)
        yield gauge("throughline_may_record", "Whether the schema lets this process record.", watch.unfit is None)
        yield gauge(
            "throughline_clock_ahead_seconds",
            "How far this machine's clock is ahead of the database's.",
            watch.clock_skew_s,
        )
        yield gauge("throughline_unsigned_facts", "Facts that no signed checkpoint covers yet.", watch.unsigned_facts)
        yield gauge("throughline_unsigned_seconds", "How long the oldest of them has waited.", watch.unsigned_s)
        yield gauge(
            "throughline_webhook_lag_facts",
            "How far the slowest active webhook is behind its log.",
            watch.webhook_lag_facts,
        )
        yield gauge(
            "throughline_webhook_lag_seconds",
            "How long ago the first fact was recorded that an active webhook has not come to.",
            watch.webhook_lag_s,
        )
        yield gauge(
            "throughline_event_loop_lag_seconds",
            "How late the event loop was at most since the last scrape.",
            watch.worst_loop_lag_s(),
        )


def gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=float(value))


def counter(name: str, text: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, value=value)


class Gathered(Collector):
    """Figures of one moment, to be written down by another thread."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        return self._metrics


async def written(figures: Figures) -> bytes:
    """The figures now, as text. Writing thousands of lines takes long enough to be done beside the event loop."""
    registry = CollectorRegistry(auto_describe=False)  # of our own: what libraries register is not ours to tell
    registry.register(Gathered(list(figures.collect())))
    ProcessCollector(registry=registry, pid=os.getpid)
    GCCollector(registry=registry)
    return await asyncio.to_thread(generate_latest, registry)
