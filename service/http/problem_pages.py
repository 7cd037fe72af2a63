"""The pages behind a problem's `type`: small HTML that stands alone, and the same as JSON."""

import re
from html import escape
from importlib.resources import files
from string import Template

from msgspec import Struct

from service.http.problem_kinds import ALL_KINDS, ProblemKind


class ProblemEntry(Struct, frozen=True):
    """A kind of problem: the rule, what to do about it, and an example."""

    type: str
    status: int
    title: str
    rule: str
    remedy: str
    example: str


def listed() -> list[ProblemEntry]:
    """Every kind of problem, by status and slug."""
    return [entry(kind) for kind in sorted(ALL_KINDS.values(), key=lambda kind: (kind.status, kind.slug))]


def entry(kind: ProblemKind) -> ProblemEntry:
    return ProblemEntry(kind.type, kind.status, kind.title, kind.rule, kind.remedy, kind.example)


def page_of(kind: ProblemKind) -> bytes:
    """The page of one kind."""
    example = f"<h2>For example</h2><p>{_prose(kind.example)}</p>" if kind.example else ""
    body = (
        f"<p class='status'>{kind.status}</p><h1>{escape(kind.title)}</h1>"
        f"<h2>The rule</h2><p>{_prose(kind.rule)}</p><h2>What to do</h2><p>{_prose(kind.remedy)}</p>{example}"
        "<p class='more'><a href='/problems'>All problems</a> · <a href='/docs'>Documentation</a></p>"
    )
    return _page(kind.title, body)


def page_of_all() -> bytes:
    """The list of all kinds."""
    rows = "".join(map(_row, listed()))
    body = (
        "<h1>Problems</h1><p>Every way in which a call can be refused. The status is that of the answer; what the "
        f"rules refuse is always 409.</p><table><tbody>{rows}</tbody></table>"
        "<p class='more'><a href='/docs'>Documentation</a></p>"
    )
    return _page("Problems", body)


def _row(one: ProblemEntry) -> str:
    link = f"<a href='{one.type}'>{escape(one.title)}</a>"
    return f"<tr><td>{one.status}</td><td>{link}</td><td>{_prose(one.rule)}</td></tr>"


def _prose(text: str) -> str:
    """Names in backticks become code, as in the documentation."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _page(title: str, body: str) -> bytes:
    frame = Template(site_file("problem.html").decode())
    return frame.substitute(title=escape(title), body=body).encode()


def site_file(name: str) -> bytes:
    """One file of the documentation pages."""
    return files("service.http").joinpath("site", name).read_bytes()
