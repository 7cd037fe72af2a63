"""The README's tour, run as its reader would. `python -m tests.readme --write` puts the real output into the README,
with the table of what can be asked and the pictures."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from projections.trust.changes import POINTS_MAX, trust_history
from service.http.told_story import told
from service.pictures.trust import COLUMNS, trust_picture
from tests.answers_table import short_table
from tests.running import ROOT, Running, started

README = ROOT / "README.md"
ADDRESS = "http://127.0.0.1:8000"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
PICTURE = ROOT / "docs" / "pictures" / "deal-trust.svg"
ANSWERS = re.compile(r"(<!-- answers -->\n).*?(<!-- /answers -->)", re.DOTALL)
TOUR = re.compile(r"<!-- tour -->\n(.*?)<!-- /tour -->", re.DOTALL)
SHELL_DEADLINE_S = 60

# What differs from run to run, and what it is written as when two runs are compared.
VARYING = (
    (re.compile(r"\b01[0-9a-f]{6}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "an id"),
    (re.compile(r"\b20(?:2[6-9]|[3-9][0-9])-[0-9-]{5}T[0-9:]{8}\.[0-9]{1,6}Z"), "a moment"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "a request"),
    (re.compile(r"\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*"), "a key"),
)
FIXED = "0193a000-0000-7000-8000-"


def commands(block: str) -> list[str]:
    """The commands of a console block: from each `$ ` on, with the lines that continue it, without any output."""
    found: list[str] = []
    open_ended = False
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(line[2:])
            open_ended = _continues(found[-1])
        elif open_ended:
            found[-1] += "\n" + line
            open_ended = _continues(found[-1])
    return found


def _continues(text: str) -> bool:
    """Whether the shell would still wait: inside quotes, or inside a here-document."""
    here = re.search(r"<<'(\w+)'\n?", text)
    if here:
        return not text.endswith("\n" + here[1])
    bare = re.sub(r'"(?:[^"\\]|\\.)*"(?=[^\']*$)', "", text) if text.count("'") % 2 == 0 else text
    return bare.count("'") % 2 == 1


def run_tour(service: Running) -> list[list[tuple[str, str]]]:
    """Every block of the tour as pairs of command and output, from one shell in the service's folder."""
    tour = TOUR.search(README.read_text())
    assert tour is not None, "the README marks its tour"
    _install(service.data.parent / ".venv" / "bin" / "throughline")
    blocks = [commands(block) for block in BLOCK.findall(tour[1])]
    script = "\n".join(f"{command}\nprintf '\\036'" for block in blocks for command in block)
    done = subprocess.run(
        ["bash", "-c", script.replace(ADDRESS, service.url)],
        cwd=service.data.parent,
        capture_output=True,
        text=True,
        timeout=SHELL_DEADLINE_S,
        check=False,
    )
    assert not done.stderr, done.stderr
    outputs = iter(done.stdout.replace("\r", "").split("\036"))
    return [[(command, next(outputs).replace(service.url, ADDRESS)) for command in block] for block in blocks]


def _install(file: Path) -> None:
    """The command, where `make` puts it."""
    file.parent.mkdir(parents=True)
    file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m service "$@"\n')
    file.chmod(0o755)


def with_answers(text: str) -> str:
    """The text with the table of what can be asked."""
    return ANSWERS.sub(lambda found: found[1] + short_table() + found[2], text)


def picture() -> bytes:
    """How trust moved on the demo's deal."""
    view = told("deal").view()
    return trust_picture(view, trust_history(view, limit=POINTS_MAX, spaced=COLUMNS))


def written(blocks: list[list[tuple[str, str]]]) -> str:
    """The README with these outputs."""
    texts = iter(
        "```console\n" + "".join(f"$ {command}\n{output}" for command, output in block) + "```" for block in blocks
    )
    return TOUR.sub(lambda tour: BLOCK.sub(lambda _: next(texts), tour[0]), README.read_text())


def compared(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, name in VARYING:
        parts = pattern.split(text)
        found = [one[0] for one in pattern.finditer(text)]
        told = [one if one.startswith(FIXED) else f"<{name}>" for one in found]
        text = parts[0] + "".join(one + rest for one, rest in zip(told, parts[1:], strict=True))
    return text


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="throughline-tour-") as folder:
        Path(folder).chmod(0o711)
        with started(Path(folder) / "data", {}) as service:
            text = written(run_tour(service))
    if "--write" in sys.argv[1:]:
        README.write_text(with_answers(text))
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(picture())
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
