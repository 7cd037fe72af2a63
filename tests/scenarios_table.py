"""Which test shows which fault or attack, and what came of it. `python -m tests.scenarios_table --write` writes
docs/scenarios.md; without `--write` it prints the page. Runs no test: `make test-all` does."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
PAGE = ROOT / "docs" / "scenarios.md"
SEEN = TESTS / "scenarios_seen.json"
NAMED = re.compile(r"test_((?:[FA]\d+_)+)\w+")
OTHER_IDS = ("coverage", "domain", "projections")
"""Folders whose tests are named after the rows of docs/coverage.md, which have letters and numbers too."""

HEAD = """\
# Faults and attacks

What was tried on the service, what is to happen, and what was seen, by the tests that do it: on the loopback interface,
bounded in number and time, against real processes and a real PostgreSQL. `make test-all` runs them all and writes this
page with what came of each: how many cases of it passed, and what the test itself counted. These are of {days}. The
tests marked with * take long; the others run with `make test` too.

Histories are checked, not single answers: what clients were told while something broke is held against what is stored
(`tests/faults/history.py`), and the derived rows against a replay.

"""
SECTIONS = {"F": "Faults", "A": "Attacks", "": "And beyond one machine"}


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is tried, and what is to happen; `tests` are those of it whose name is about something else."""

    about: str
    expected: str
    tests: list[str] = []


class Seen(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What came of a test when it last ran: how many of its cases ended how, and what they told of themselves."""

    on: date
    outcomes: dict[str, int]
    told: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.items())
        return "; ".join((counts, *self.told))


class Shown(Struct, frozen=True):
    """A test and the scenarios that it shows; `path` is relative to the tests' folder."""

    ids: tuple[str, ...]
    name: str
    path: str
    slow: bool

    @property
    def id(self) -> str:
        """Its name as pytest has it, from the tests' folder."""
        return f"{self.path}::{self.name}"

    @property
    def said(self) -> str:
        """Its name as a sentence."""
        return re.sub(r"^test_([FA]\d+_)*", "", self.name).replace("_", " ")


def scenarios() -> dict[str, Scenario]:
    """Every scenario by its id, in the order of the file."""
    return msgspec.convert(tomllib.loads((TESTS / "scenarios.toml").read_text("utf-8")), dict[str, Scenario])


def ids_of(name: str) -> tuple[str, ...]:
    """The ids in a test's name."""
    named = NAMED.fullmatch(name)
    return tuple(named[1].strip("_").split("_")) if named else ()


@cache
def shown() -> tuple[Shown, ...]:
    """Every test of a scenario, by file and line."""
    return tuple(_shown())


def _shown() -> Iterator[Shown]:
    further = {name: id_ for id_, scenario in scenarios().items() for name in scenario.tests}
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS)
        if place.parts[0] in OTHER_IDS:
            continue
        module = ast.parse(path.read_text("utf-8"))
        all_slow = any("pytestmark" in ast.unparse(node) and "slow" in ast.unparse(node) for node in module.body)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                ids = ids_of(node.name) + ((further[node.name],) if node.name in further else ())
                slow = all_slow or any("mark.slow" in ast.unparse(mark) for mark in node.decorator_list)
                if ids:
                    yield Shown(ids, node.name, str(place), slow)


def by_scenario() -> dict[str, list[Shown]]:
    """The tests of each scenario; of one without any, none."""
    found: dict[str, list[Shown]] = {id_: [] for id_ in scenarios()}
    for one in shown():
        for id_ in one.ids:
            found.setdefault(id_, []).append(one)
    return found


def seen() -> dict[str, Seen]:
    """What was last seen of each test, by its id."""
    return msgspec.json.decode(SEEN.read_bytes(), type=dict[str, Seen]) if SEEN.exists() else {}


def keep(newer: dict[str, Seen]) -> None:
    """What was seen now takes the place of what was; tests that are no more are forgotten."""
    there = {one.id for one in shown()}
    kept = {id_: one for id_, one in sorted({**seen(), **newer}.items()) if id_ in there}
    SEEN.write_bytes(msgspec.json.format(msgspec.json.encode(kept)) + b"\n")


def page() -> str:
    """The page in docs."""
    tests, kept = by_scenario(), seen()
    days = sorted({one.on for one in kept.values()})
    lines = [HEAD.format(days=" to ".join(map(str, dict.fromkeys((days[0], days[-1])))) if days else "no day yet")]
    for letter, title in SECTIONS.items():
        lines.append(f"## {title}\n")
        lines.append("| id | what is tried | expected | seen |")
        lines.append("| --- | --- | --- | --- |")
        for id_, scenario in scenarios().items():
            if (id_[0] if re.fullmatch(r"[FA]\d+", id_) else "") == letter:
                told = "<br>".join(
                    f"[{one.said}](../tests/{one.path}){'*' * one.slow}: {kept.get(one.id, 'not run yet')}"
                    for one in tests[id_]
                )
                lines.append(f"| {id_} | {scenario.about} | {scenario.expected} | {told or 'not shown by a test'} |")
        lines.append("")
    return "\n".join(lines)


def told(outcomes: dict[str, list[str]]) -> str:
    """What a run saw: each scenario with what is expected and how many of its tests passed, failed or were skipped."""
    lines = []
    for id_, scenario in scenarios().items():
        found = outcomes.get(id_, [])
        counts = [f"{found.count(one)} {one}" for one in ("failed", "passed", "skipped") if one in found]
        lines.append(f"{id_:9} {', '.join(counts) or 'not run':24} {scenario.about}: {scenario.expected}")
    return "\n".join(lines)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
    else:
        sys.stdout.write(page())
