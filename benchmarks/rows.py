"""The table of demands: each row a figure, what it is compared with, what it must reach and what it aims at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from benchmarks.bench import Figure
from benchmarks.extents import MANY_CONNECTIONS, Extents
from benchmarks.following import FACTS_PER_S, Followed
from benchmarks.growth import Growth
from benchmarks.importing import Import
from benchmarks.rounds import AUTOCOMMIT, BARE, DIRECTUS, LONE, OURS, STOCK, Point, Results, ratios
from benchmarks.sizes import Sizes
from benchmarks.story import LISTED_FACTS, TRUST_FACTS, Story
from benchmarks.two import Sharing

MEMORY_MUST_MB, MEMORY_AIM_MB = 250, 150
FIRST_START_MUST_S, FIRST_START_AIM_S = 4, 2
NEXT_START_MUST_S, NEXT_START_AIM_S = 1.5, 0.7
FOLLOW_MUST_MS, FOLLOW_AIM_MS = 100, 50
TRUST_MUST_MS, TRUST_AIM_MS = 4, 2
LIST_MUST_MS, LIST_AIM_MS = 50, 25
LONG_MUST_MS, LONG_AIM_MS = 1_000, 500


@dataclass(frozen=True)
class Row:
    """One demand. `values` are one for each round, in `unit` (a ratio without one); at least `must`, or at most it."""

    what: str
    against: str
    figure: str
    values: list[float]
    must: float | None = None
    aim: float | None = None
    at_most: bool = False
    unit: str = ""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def verdict(self) -> str:
        if self.must is None or self.aim is None:
            return "for information"
        if self._reaches(self.aim):
            return "aim reached"
        return "reached" if self._reaches(self.must) else "NOT reached"

    def _reaches(self, bound: float) -> bool:
        return self.value <= bound if self.at_most else self.value >= bound


@dataclass
class Measured:
    """Everything that a run measured; empty is what was not asked for."""

    results: Results = field(default_factory=dict)
    starts: tuple[list[float], list[float]] | None = None
    imports: list[Import] | None = None
    growth: Growth | None = None
    extents: Extents | None = None
    followed: list[Followed] | None = None
    story: Story | None = None
    sharing: list[Sharing] = field(default_factory=list)


def rows(measured: Measured, sizes: Sizes) -> Iterator[Row]:
    """The table, as far as it was measured."""
    if measured.results:
        yield from _side_by_side(measured.results, sizes)
    for shared in measured.sharing:
        values = [two / one for two, one in zip(shared.two, shared.one, strict=True)]
        what = f"append by two processes, {shared.deals:,} deals in {shared.workspaces} workspaces"
        if shared.workspaces == 1:
            what = f"append by two processes, {shared.deals:,} deals in one workspace"
        yield Row(what, "one process", f"{median(shared.two):,.0f}/s to {median(shared.one):,.0f}/s", values, 1.0, 1.3)
    if measured.growth:
        yield from _growth(measured.growth)
    if measured.extents:
        yield from _extents(measured.extents)
    if measured.starts:
        first, following = measured.starts
        yield _start("first start, making its database cluster", first, FIRST_START_MUST_S, FIRST_START_AIM_S)
        yield _start("next start", following, NEXT_START_MUST_S, NEXT_START_AIM_S)
    if measured.followed:
        yield _followed(measured.followed)
    if measured.story:
        yield from _story(measured.story)
    if measured.imports:
        rate, copy = (median(one.rate for one in measured.imports), median(one.copy_rate for one in measured.imports))
        values = [one.rate / one.copy_rate for one in measured.imports]
        figure = f"{rate:,.0f} facts/s to {copy:,.0f}/s"
        yield Row("import of a CSV export, from command to end", "COPY of the same facts", figure, values, 0.05, 0.2)


def _story(story: Story) -> Iterator[Row]:
    for what, values, must, aim in (
        (f"trust with explanation, deal of {TRUST_FACTS} facts", story.trust_ms, TRUST_MUST_MS, TRUST_AIM_MS),
        (f"list of {story.listed} deals of {LISTED_FACTS} facts with trust", story.list_ms, LIST_MUST_MS, LIST_AIM_MS),
    ):
        figure = f"{median(values):.2f} ms of CPU, in process"
        yield Row(what, "", figure, values, must, aim, at_most=True, unit="ms")
    slowest = sorted(story.answers_ms.items(), key=lambda one: -one[1])
    figure = ", ".join(f"{name} {spent:.0f}" for name, spent in slowest) + " ms of CPU"
    what = f"every answer about a deal of {story.long_facts:,} facts, the slowest"
    yield Row(what, "", figure, [slowest[0][1]], LONG_MUST_MS, LONG_AIM_MS, at_most=True, unit="ms")


def _followed(followed: list[Followed]) -> Row:
    one = followed[0]
    what = f"{one.followers} followers at {FACTS_PER_S} facts/s, from sending a fact to its arrival, p99"
    p50, cores = median(each.p50_ms for each in followed), median(each.cores for each in followed)
    answered = median(each.answered_p99_ms for each in followed)
    figure = f"p50 {p50:.1f} ms, none lost; p99 of the answer {answered:.1f} ms; {cores:.2f} cores of the service"
    values = [each.p99_ms for each in followed]
    return Row(what, "", figure, values, FOLLOW_MUST_MS, FOLLOW_AIM_MS, at_most=True, unit="ms")


def _side_by_side(results: Results, sizes: Sizes) -> Iterator[Row]:
    many = sizes.connections
    append = f"append one fact, {many} connections, {sizes.streams:,} streams"
    page = f"page of 100 facts, of {sizes.read_deals * sizes.read_facts:,}"
    get = f"GET one deal of {sizes.read_facts} facts"
    demands: tuple[tuple[str, str, int, str, str, float, float], ...] = (
        ("append", append, many, BARE, "the route without a database", 0.5, 0.8),
        ("append", append, many, AUTOCOMMIT, "hand-made, autocommit", 2.0, 3.0),
        ("append", append, many, STOCK, "stock eventsourcing", 8, 15),
        ("append", append, many, DIRECTUS, "Directus, create one item", 20, 40),
        ("get", get, many, AUTOCOMMIT, "hand-made single-row select", 1.0, 1.5),
        ("page", page, many, AUTOCOMMIT, "hand-made page as JSON", 1.0, 2.0),
    )
    for operation, what, connections, name, against, must, aim in demands:
        mine, other = Point(OURS, operation, connections), Point(name, operation, connections)  # type: ignore[arg-type]  # as listed
        if mine in results and other in results:
            yield Row(what, against, _rates(results[mine], results[other]), _ratios(results, mine, other), must, aim)
    mine, other = Point(OURS, "append", LONE), Point(AUTOCOMMIT, "append", LONE)
    if mine in results:
        p50 = (_p50(results[mine]), _p50(results[other]))
        values = ratios(results, mine, other, lambda figure: figure.p50_ms)
        what = "append one fact, 1 connection, p50"
        figure = f"{p50[0]:.2f} ms to {p50[1]:.2f} ms"
        yield Row(what, "hand-made, autocommit", figure, values, 1.2, 1.0, at_most=True)


def _growth(growth: Growth) -> Iterator[Row]:
    against = f"itself at {growth.small_facts:,}"
    what = f"at {growth.large_facts:,} facts"
    for name, large, small in (
        ("append", growth.large_append, growth.small_append),
        ("GET one deal", growth.large_get, growth.small_get),
    ):
        values = [one.rate / other.rate for one, other in zip(large, small, strict=True)]
        yield Row(f"{name} {what}", against, _rates(large, small), values, 0.9, 1.0)
    for name, cold, warm in (
        ("append", growth.cold_append, growth.large_append),
        ("GET one deal", growth.cold_get, growth.large_get),
    ):
        values = [one.rate / other.rate for one, other in zip(cold, warm, strict=True)]
        yield Row(f"{name} {what}, to deals not in memory", "deals in memory", _rates(cold, warm), values)
    memory = median(growth.resident_mb)
    what = f"memory of the service {what}, after reading all deals"
    figure = f"{memory:,.0f} MB"
    yield Row(what, "", figure, growth.resident_mb, MEMORY_MUST_MB, MEMORY_AIM_MB, at_most=True, unit="MB")


def _extents(extents: Extents) -> Iterator[Row]:
    for calls, what, against in (
        (extents.long, f"a deal of {extents.long_facts:,} facts", f"one of {extents.short_facts:,}"),
        (
            extents.many,
            f"{extents.many_streams:,} deals, {MANY_CONNECTIONS} connections",
            f"{extents.few_streams:,} deals",
        ),
    ):
        for name, (small, large) in calls.items():
            values = [one.rate / other.rate for one, other in zip(large, small, strict=True)]
            yield Row(f"{name}, {what}", against, _rates(large, small), values)
    what = f"the first list by trust of {extents.many_streams:,} deals, with their summaries made for it"
    yield Row(what, "", f"{extents.summarised_s:.1f} s", [extents.summarised_s], unit="s")
    figure = f"{median(extents.resident_mb):,.0f} MB"
    what = f"memory of the service after that, {extents.many_streams:,} deals"
    yield Row(what, "", figure, extents.resident_mb, MEMORY_MUST_MB, MEMORY_AIM_MB, at_most=True, unit="MB")


def _start(what: str, values: list[float], must: float, aim: float) -> Row:
    return Row(what, "", f"{median(values):.2f} s", values, must, aim, at_most=True, unit="s")


def _rates(mine: list[Figure], other: list[Figure]) -> str:
    return f"{median(one.rate for one in mine):,.0f}/s to {median(one.rate for one in other):,.0f}/s"


def _ratios(results: Results, mine: Point, other: Point) -> list[float]:
    return ratios(results, mine, other, lambda figure: figure.rate)


def _p50(figures: list[Figure]) -> float:
    return median(one.p50_ms for one in figures)
