"""The example of a client compiles, strictly, and tells the story that the page on clients shows."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT, Start

SOURCES = ROOT / "examples" / "client"
PAGE = (ROOT / "docs" / "clients.md").read_text()
DEADLINE_S = 240


def npm(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


@pytest.mark.slow
def test_two_devices_tell_the_story_on_the_page(tmp_path: Path, data: Path, service_process: Start) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    folder = tmp_path / "examples" / "client"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules", "build", "schema.d.ts"))
    (tmp_path / "openapi").mkdir()
    shutil.copy(ROOT / "openapi" / "openapi.json", tmp_path / "openapi")
    installed = npm(folder, "ci", "--ignore-scripts")
    if installed.returncode:
        pytest.skip(f"the packages cannot be installed here: {installed.stderr[-300:]}")
    built = npm(folder, "run", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    service = service_process(data)
    for _ in range(2):  # the second time in a workspace that has a story already
        told = npm(folder, "run", "--silent", "tell", API=f"{service.url}/v1", KEY=service.owner_key)
        assert told.returncode == 0, told.stdout + told.stderr
        (shown,) = re.findall(r"```text\n(1\. .*?)```", PAGE, re.DOTALL)
        assert told.stdout == shown


def test_what_the_page_shows_is_in_the_example() -> None:
    sources = "\n".join(source.read_text() for source in sorted(SOURCES.glob("src/*.ts")))
    shown = re.findall(r"```typescript\n(.*?)```", PAGE, re.DOTALL)
    assert len(shown) > 4
    for snippet in shown:
        assert snippet in sources, snippet


def test_the_lock_names_no_registry_and_says_what_each_file_has_to_be() -> None:
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 50
