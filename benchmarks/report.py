"""The figures as Markdown, which is also what is printed."""

from collections.abc import Iterable, Iterator
from math import isnan
from statistics import median

from benchmarks.bench import Figure
from benchmarks.rounds import TITLES, Results
from benchmarks.rows import Row

ABOUT = """\
Written by `make bench`; not by hand. Ratios compare what ran within moments of each other in one run, and are medians
over the rounds with their range in brackets; an absolute figure says nothing from one machine or run to the next.

One fact is about 350 bytes of JSON, four kinds in turn, the same for all contenders. Every server is one process under
uvicorn, uvloop and httptools on 127.0.0.1, alone with PostgreSQL and the sender of the load on the machine. Throughline
runs as `throughline serve` starts it: each request carries a key that is checked, leaves a line in the log, and a fact
that is recorded is judged by the rules, sealed, chained and shown in lists. The others do none of this and ask for no
key. After each measurement the facts in the database are counted against the answers."""


def markdown(described: Iterable[tuple[str, str]], rows: Iterable[Row], results: Results) -> str:
    """The whole document."""
    parts = ["# Throughline beside its alternatives", ABOUT, "\n".join(_machine(described))]
    parts.append("\n".join(_demands(rows)))
    if results:
        parts.append("## Every figure\n\n" + "\n".join(_figures(results)))
    return "\n\n".join(parts) + "\n"


def _machine(described: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for name, value in described:
        yield f"| {name} | {value} |"


def _demands(rows: Iterable[Row]) -> Iterator[str]:
    yield "## What is asked for"
    yield ""
    yield "| what | compared with | figures | ratio or value | must | aim | |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        bounds = [_bound(row, row.must), _bound(row, row.aim)]
        cells = [row.what, row.against or "-", row.figure, _ranged(row.values, row.unit), *bounds, row.verdict]
        yield f"| {' | '.join(cells)} |"


def _bound(row: Row, bound: float | None) -> str:
    if bound is None:
        return "-"
    return f"{'at most ' if row.at_most else ''}{bound:g}{' ' + row.unit if row.unit else ''}"


def _ranged(values: list[float], unit: str) -> str:
    digits = 0 if unit == "MB" else 2
    text = f"{median(values):,.{digits}f}{' ' + unit if unit else ''}"
    return text if len(values) == 1 else f"{text} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def _figures(results: Results) -> Iterator[str]:
    yield "Answers a second; latency in ms (pgbench tells the mean alone); CPU in µs for each answer."
    yield ""
    yield "| operation | connections | contender | a second | p50 | p99 | server | PostgreSQL | sender |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for point, figures in results.items():
        cells = [point.operation, str(point.connections), TITLES[point.contender], *_cells(figures)]
        yield f"| {' | '.join(cells)} |"


def _cells(figures: list[Figure]) -> Iterator[str]:
    rates = [one.rate for one in figures]
    yield f"{median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"
    for name, digits in (("p50_ms", 2), ("p99_ms", 2), ("server_us", 0), ("postgres_us", 0), ("sender_us", 0)):
        value = median(getattr(one, name) for one in figures)
        yield "-" if isnan(value) else f"{value:,.{digits}f}"
