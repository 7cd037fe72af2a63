"""A TypeScript client made from the document compiles, and both proposals and events narrow on their `type`."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.running import ROOT

SOURCES = ROOT / "examples" / "client"
DEADLINE_S = 240


def npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments], cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


@pytest.mark.slow
def test_a_client_in_typescript_compiles(tmp_path: Path) -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    folder = tmp_path / "examples" / "client"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules", "build", "schema.d.ts"))
    (tmp_path / "openapi").mkdir()
    shutil.copy(ROOT / "openapi" / "openapi.json", tmp_path / "openapi")
    installed = npm(folder, "ci")
    if installed.returncode:
        pytest.skip(f"the packages cannot be installed here: {installed.stderr[-300:]}")
    ended = npm(folder, "run", "build")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_lock_names_no_registry() -> None:
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 10
