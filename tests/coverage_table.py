"""Which test shows which row of what the service must be able to show. `python -m tests.coverage_table --write` writes
docs/coverage.md; without `--write` it prints the page. Runs no test."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from domain.facts import StreamKind

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests" / "coverage"
PAGE = ROOT / "docs" / "coverage.md"
NAMED = re.compile(r"test_([A-E]\d+)_\w+")

HEAD = """\
# What is covered

Five sources on selling, and on keeping promises to oneself, say what a service like this one must be able to show. Each
row is one such thing: what it is about, on which streams it is recorded, by which facts, and which answers tell it. The
tests named beside it record these facts through the API and read these answers, and fail if they miss one.

An answer is the last segment of a stream's path, `state` the stream itself; others are whole paths. Rows marked with *
are hypotheses: the service counts, and recommends nothing.

"""
SOURCES = {
    "A": "The sale to oneself",
    "B": "It is personal",
    "C": "How people buy",
    "D": "Help first",
    "E": "The journey from its end",
}


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row: what it is about, the kinds of streams, the types of the facts, and where the answer is read."""

    about: str
    streams: list[StreamKind]
    facts: list[str]
    answers: list[str]
    hypothesis: bool = False


class Shown(Struct, frozen=True):
    """A test that shows the row in its name; `path` is relative to the tests' folder."""

    row: str
    name: str
    path: str


def rows() -> dict[str, Row]:
    """Every row by its id, in the order of the file."""
    return msgspec.convert(tomllib.loads((TESTS / "rows.toml").read_text("utf-8")), dict[str, Row])


def shown() -> Iterator[Shown]:
    """Every test that is named after a row, by file and line."""
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (named := NAMED.fullmatch(node.name)):
                yield Shown(named[1], node.name, str(path.relative_to(TESTS)))


def table() -> str:
    """The page in docs."""
    by_row: dict[str, list[Shown]] = {}
    for one in shown():
        by_row.setdefault(one.row, []).append(one)
    lines = [HEAD]
    for letter, title in SOURCES.items():
        lines.append(f"## {letter}: {title}\n")
        lines.append("| row | about | on | facts | answers | shown by |")
        lines.append("| --- | --- | --- | --- | --- | --- |")
        lines += [_line(id_, row, by_row.get(id_, [])) for id_, row in rows().items() if id_.startswith(letter)]
        lines.append("")
    return "\n".join(lines)


def _line(id_: str, row: Row, tests: list[Shown]) -> str:
    links = "<br>".join(
        f"[{one.name.removeprefix(f'test_{id_}_').replace('_', ' ')}](../tests/coverage/{one.path})" for one in tests
    )
    cells = [
        id_ + "*" * row.hypothesis,
        row.about,
        ", ".join(row.streams),
        ", ".join(f"`{name}`" for name in row.facts),
        ", ".join(f"`{name}`" for name in row.answers),
        links,
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(table(), "utf-8")
    else:
        sys.stdout.write(table())
