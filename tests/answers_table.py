"""What can be asked, as tables for people, from the OpenAPI document and the list of what a stream can be asked.

`python -m tests.answers_table --write` writes docs/answers.md; without `--write` it prints the page. Asks no service.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from projections.resources import BOTH, RESOURCES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "answers.md"
ADDRESS = "http://127.0.0.1:8000"
KINDS = ("deal", "goal")

HEAD = f"""\
# What can be asked

Every call that reads, with the question it answers. `…` is a deal or a goal: `/v1/deals/{{id}}` or
`/v1/goals/{{id}}`. The examples are what the calls answer about the stories of `make demo`; the
links open on a service that runs at {ADDRESS}, and so does `/docs`, where every member of every answer is explained.

Answers about a deal or a goal take `as_of` (what had happened by then) and `known_at` (what had been recorded by then);
those that weigh evidence take a `policy` too. `include=trust,signals` puts several into the answer about the stream,
and `include=timeline` the beginning of its story.
"""
SECTIONS = {
    "deals": "Over deals and goals",
    "agenda": "Over deals and goals",
    "parties": "Over deals and goals",
    "goals": "Over deals and goals",
    "feed": "The log, and proofs of it",
    "sync": "The log, and proofs of it",
    "log": "The log, and proofs of it",
    "me": "Who belongs here, and keys",
    "members": "Who belongs here, and keys",
    "credentials": "Who belongs here, and keys",
    "catalogue": "The vocabulary",
    "service": "The service itself",
}
"""The heading for calls that are about no single stream, by their tag."""


class Read(Struct, frozen=True):
    """One call that reads: where it is, what it answers, and its examples by what they are about."""

    path: str
    tag: str
    summary: str
    examples: dict[str, str]

    @property
    def section(self) -> str:
        return "About one deal or goal" if self.path.startswith("…") else SECTIONS.get(self.tag, self.tag.capitalize())


def reads(document: dict[str, Any]) -> list[Read]:
    """Every call that reads, in the order of the document; those on deals and on goals in one."""
    found: dict[str, Read] = {}
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        described = methods["get"]
        kind = next((one for one in KINDS if path.startswith(f"/v1/{one}s/{{stream_id}}")), None)
        shown = path if kind is None else "…" + path.removeprefix(f"/v1/{kind}s/{{stream_id}}")
        example = f"/docs/examples/{described['operationId']}.json"
        examples = {kind or "example": example} if "externalDocs" in described else {}
        same = found.get(shown)
        if same is None:
            found[shown] = Read(shown, described["tags"][0], described["summary"], examples)
            continue
        summary = same.summary if same.summary == described["summary"] else same.summary.replace("deal", "deal or goal")
        found[shown] = Read(shown, same.tag, summary, same.examples | examples)
    return list(found.values())


def page(document: dict[str, Any]) -> str:
    """The page in docs."""
    by_section: dict[str, list[Read]] = {}
    for one in sorted(reads(document), key=lambda read: not read.path.startswith("…")):
        by_section.setdefault(one.section, []).append(one)
    return "\n".join([HEAD, *(line for section, rows in by_section.items() for line in _section(section, rows))])


def _section(title: str, rows: list[Read]) -> Iterator[str]:
    shows = any(row.examples for row in rows)
    yield f"## {title}\n"
    yield "| call | answers | examples |" if shows else "| call | answers |"
    yield "|---|---|---|" if shows else "|---|---|"
    for row in rows:
        links = ", ".join(f"[{name}]({ADDRESS}{path})" for name, path in row.examples.items())
        yield f"| `{row.path}` | {row.summary} |" + (f" {links} |" if shows else "")
    yield ""


def short_table() -> str:
    """The questions that a deal or a goal can be asked, for the README."""
    only = {name: "" if one.kinds == BOTH else f" ({', '.join(one.kinds)}s only)" for name, one in RESOURCES.items()}
    lines = [f"| `{name}` | {one.summary}{only[name]} |" for name, one in RESOURCES.items()]
    return "\n".join(["| ask for | and learn |", "|---|---|", *lines]) + "\n"


def openapi_document() -> dict[str, Any]:
    """The document that is committed; a test holds it against the code."""
    found: dict[str, Any] = msgspec.json.decode((ROOT / "openapi" / "openapi.json").read_bytes())
    return found


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(openapi_document()), "utf-8")
    else:
        sys.stdout.write(page(openapi_document()))
