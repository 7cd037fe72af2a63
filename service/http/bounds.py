"""The page of every bound: the settings' and the constants', each with its reason, read from where it is declared.

A bound is a constant of a module whose name ends in `_MAX`, `_MIN`, `_S`, `_MS` or `_EVERY`; its reason is the comment
above it or beside it, or the text below it. Decides nothing.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from service.settings import TABLE

ROOT = Path(__file__).parent.parent.parent
# Commands that one person runs beside the service bound what they print, which is no bound of the service.
ELSEWHERE = ("service/demo/", "service/imports/", "service/replaying/", "service/pictures/", "service/postgres/")
PACKAGES = ("domain", "service")
SETTINGS = ("service/settings.py", "service/oidc/settings.py")

_NAME = re.compile(r"[A-Z][A-Z_]*_(MAX|MIN|S|MS|EVERY)|BACKLOG|UNUSED|SERVES")
_NUMBER = (ast.Constant, ast.BinOp, ast.Call, ast.Name)


class Bound(NamedTuple):
    """A constant as it is declared."""

    module: str
    name: str
    value: str
    reason: str


def bounds() -> list[Bound]:
    """Every bound, by module, in the order in which they stand there."""
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(ELSEWHERE):
                found += list(_of(name, path.read_text("utf-8")))
    return found


def _of(module: str, text: str) -> Iterator[Bound]:
    lines, body = text.splitlines(), ast.parse(text).body
    for index, node in enumerate(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if not isinstance(node, ast.Assign) or not isinstance(target, ast.Name) or not _NAME.fullmatch(target.id):
            continue
        if isinstance(node.value, _NUMBER):
            yield Bound(module, target.id, ast.unparse(node.value), _reason(lines, node, body[index + 1 : index + 2]))


def _reason(lines: Sequence[str], node: ast.Assign, following: Sequence[ast.stmt]) -> str:
    """Beside it, below it, or above it; of several that stand together what is above counts for all."""
    assert node.end_lineno is not None  # it was read from a text
    beside = lines[node.end_lineno - 1][node.end_col_offset :].partition("#")[2].strip()
    if beside:
        return beside
    if following and isinstance(following[0], ast.Expr) and isinstance(following[0].value, ast.Constant):
        return " ".join(str(following[0].value.value).split())
    above: list[str] = []
    for line in reversed(lines[: node.lineno - 1]):
        if line.startswith("#"):
            above.insert(0, line.removeprefix("#").strip())
        elif above or not _ASSIGNED.match(line):
            break
    return " ".join(above)


_ASSIGNED = re.compile(r"[A-Z][A-Z_]* = ")


def _reasons() -> dict[str, str]:
    """The comments above the settings in their tables."""
    found = {}
    for path in SETTINGS:
        text = (ROOT / path).read_text("utf-8")
        lines = text.splitlines()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Setting":
                above: list[str] = []
                for line in reversed(lines[: node.lineno - 1]):
                    if not line.strip().startswith("#"):
                        break
                    above.insert(0, line.strip().removeprefix("#").strip())
                found[ast.literal_eval(node.args[0])] = " ".join(above)
    return found


def bounds_page() -> str:
    """The page, in Markdown."""
    lines = [
        "# Every bound of the service",
        "",
        "Written by `throughline openapi` from the settings and the code. What they are for, and what holds while",
        "somebody presses against them, is in [docs/limits.md](../docs/limits.md). Settings come from the environment.",
        "",
        "| setting | default | takes | bounds | reason for the default |",
        "|---|---|---|---|---|",
    ]
    reasons = _reasons()
    for setting in TABLE:
        if setting.accepted.startswith(("a whole number", "seconds")):
            told = (f"`{setting.name}`", setting.default, setting.accepted, setting.meaning, reasons[setting.name])
            lines.append(f"| {' | '.join(told)} |")
    lines += ["", "| constant | value | where | reason |", "|---|---|---|---|"]
    for one in bounds():
        reason = one.reason.replace("|", "\\|")
        lines.append(f"| `{one.name}` | `{one.value}` | `{one.module}` | {reason} |")
    return "\n".join(lines) + "\n"
