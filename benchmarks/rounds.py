"""Side by side: in every round each contender does each operation, one after the other, one server at a time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

from benchmarks import contending, directus, filling, limits, ours
from benchmarks.bench import Bench, Figure, Ready
from benchmarks.contending import Contend, Operation
from benchmarks.filling import Filled

OURS, BARE, AUTOCOMMIT, TRANSACTION, STOCK = "throughline", "bare", "autocommit", "transaction", "stock"
DIRECTUS = "directus"
ONE_ROW, FIFTY_ROWS = "one row", "fifty rows"

TITLES: Mapping[str, str] = {
    OURS: "Throughline",
    BARE: "HTTP alone: Litestar decodes the body and answers, no database",
    AUTOCOMMIT: "hand-made: Litestar and psycopg, one autocommit INSERT a request",
    TRANSACTION: "hand-made: Litestar and psycopg, one transaction a request",
    STOCK: "eventsourcing's own PostgreSQL module behind a Litestar route",
    DIRECTUS: f"Directus {directus.VERSION}, Node.js {directus.NODE_VERSION}: one item with its activity and revision",
    ONE_ROW: "pgbench: one INSERT a transaction",
    FIFTY_ROWS: "pgbench: fifty rows a transaction (rows)",
}

LONE = 1
"""The connections of somebody who waits for each answer."""


@dataclass(frozen=True)
class Point:
    """One thing that is measured of one contender."""

    contender: str
    operation: Operation
    connections: int


Results = dict[Point, list[Figure]]


def points(wanted: set[str], connections: int) -> Iterator[tuple[Operation, int, tuple[str, ...]]]:
    """What is measured in a round, and of whom; those that are compared stand side by side."""
    if "append" in wanted:
        asked = (DIRECTUS,) if DIRECTUS in wanted else ()
        yield "append", connections, (OURS, BARE, AUTOCOMMIT, TRANSACTION, STOCK, *asked, ONE_ROW, FIFTY_ROWS)
        yield "append", LONE, (OURS, AUTOCOMMIT, TRANSACTION)
    if "get" in wanted:
        yield "get", connections, (OURS, AUTOCOMMIT, TRANSACTION)
    if "page" in wanted:
        yield "page", connections, (OURS, AUTOCOMMIT, TRANSACTION)


def run(bench: Bench, wanted: set[str], tell: Callable[[str], None]) -> Results:
    """All rounds."""
    results: Results = {}
    with _contenders(bench, wanted, tell) as contenders:
        for number in range(1, bench.sizes.rounds + 1):
            for operation, connections, names in points(wanted, bench.sizes.connections):
                for name in names:
                    figure = _one(bench, contenders, name, operation, connections)
                    results.setdefault(Point(name, operation, connections), []).append(figure)
                    tell(
                        f"round {number}: {operation} over {connections}, {name}: {figure.rate:,.0f}/s, "
                        f"p50 {figure.p50_ms:.2f} ms"
                    )
    return results


def _one(bench: Bench, contenders: Mapping[str, Contend], name: str, operation: Operation, connections: int) -> Figure:
    if name == ONE_ROW:
        return limits.limit(bench, "insert_one.sql", 1)
    if name == FIFTY_ROWS:
        return limits.limit(bench, "insert_fifty.sql", 50)
    with contenders[name](bench, operation) as ready:
        return bench.measure(ready, connections)


@contextmanager
def _contenders(bench: Bench, wanted: set[str], tell: Callable[[str], None]) -> Iterator[Mapping[str, Contend]]:
    contenders: dict[str, Contend] = {
        OURS: ours.recording,
        BARE: contending.bare,
        AUTOCOMMIT: contending.handmade(autocommit=True),
        TRANSACTION: contending.handmade(autocommit=False),
        STOCK: contending.stock,
    }
    with ExitStack() as made:
        if DIRECTUS in wanted:
            tell("making Directus ready")
            contenders[DIRECTUS] = made.enter_context(directus.contending(bench))
        if wanted & {"get", "page"}:
            tell("filling the service's log for the reads")
            log = made.enter_context(
                filling.filled(bench, "ours_reads", bench.sizes.read_deals, bench.sizes.read_facts)
            )
            contenders[OURS] = partial(_ours, log)
        yield contenders


@contextmanager
def _ours(log: Filled, bench: Bench, operation: Operation) -> Iterator[Ready]:
    if operation == "append":
        with ours.recording(bench, operation) as ready:
            yield ready
    else:
        with ours.serving(bench, log.name) as (server, _):
            yield Ready(server, log.reads(operation))


def ratios(results: Results, point: Point, against: Point, what: Callable[[Figure], float]) -> list[float]:
    """Of each round, one figure through the other: only what was measured within moments is compared."""
    pairs = zip(results[point], results[against], strict=True)
    return [what(one) / what(other) for one, other in pairs]


def middle(figures: list[Figure], what: Callable[[Figure], float]) -> float:
    """The median over the rounds."""
    return median(map(what, figures))
