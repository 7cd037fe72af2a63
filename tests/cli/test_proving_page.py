"""What docs/proving.md shows on the demo's deal is what happens. `python -m tests.cli.test_proving_page` writes it."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pytest

from tests.readme import ADDRESS, BLOCK, commands, compared
from tests.running import ROOT, Running, Start, command, started

PAGE = ROOT / "docs" / "proving.md"
SHOWN = re.compile(r"### On the demo's deal\n.*?(?=### What is found out)", re.DOTALL)
DEADLINE_S = 60
# What the demo comes to depends on the time of day at which it is told.
NUMBERS = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\bis 0\.\d+|facts give 0\.\d+|position \d+|fact \d+ of"
)


def run(service: Running) -> str:
    """The part of the page with what its commands print on this service."""
    found = SHOWN.search(PAGE.read_text("utf-8"))
    assert found is not None, "the page has the demo's part"
    folder = service.data.parent
    program = folder / ".venv" / "bin" / "throughline"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m service "$@"\n')
    program.chmod(0o755)
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("client", "__pycache__"))
    told = command(service.data, "demo", "--url", service.url)
    assert told.returncode == 0, told.stderr
    await_all_signed_for(service)
    blocks = [commands(block) for block in BLOCK.findall(found[0])]
    script = "\n".join(f"{one}\nprintf '\\036'" for block in blocks for one in block).replace(ADDRESS, service.url)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    outputs = iter(done.stdout.split("\036"))
    texts = iter("```console\n" + "".join(f"$ {one}\n{next(outputs)}" for one in block) + "```" for block in blocks)
    return BLOCK.sub(lambda _: next(texts), found[0])


def await_all_signed_for(service: Running) -> None:
    """Return once a checkpoint covers everything, as it does for a reader who types."""
    end = time.monotonic() + DEADLINE_S
    with httpx.Client(base_url=service.url, headers=service.headers) as http:
        recorded = int(http.get("/v1/deals").headers["Throughline-Position"])
        while time.monotonic() < end:
            answer = http.get("/v1/log/checkpoint")
            if answer.status_code == httpx.codes.OK and int(answer.text.splitlines()[1]) == recorded:
                return
            time.sleep(0.1)
    raise AssertionError(f"no checkpoint covers all {recorded} facts")


def plain(text: str) -> str:
    """Without what differs from run to run."""
    return NUMBERS.sub("#", compared(text))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("node") is None, reason="the page shows curl and node")
def test_the_page_shows_what_is_printed_on_the_demo_s_deal(service_process: Start, folder: Path) -> None:
    shown = run(service_process(folder / "data"))
    found = SHOWN.search(PAGE.read_text("utf-8"))
    assert found is not None
    assert plain(shown) == plain(found[0])


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="throughline-proving-") as name:
        Path(name).chmod(0o711)
        with started(Path(name) / "data", {}) as service:
            shown = run(service)
    PAGE.write_text(SHOWN.sub(lambda _: shown, PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
