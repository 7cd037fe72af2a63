"""The example of a client compiles, strictly, and tells the story that the page on clients shows."""

import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from subprocess import PIPE

import pytest

from service.postgres import OWNER_ROLE
from tests.conftest import Database, Server
from tests.running import ROOT, Start

SOURCES = ROOT / "examples" / "client"
PAGE = (ROOT / "docs" / "clients.md").read_text()
DEADLINE_S = 240


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


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


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as somebody has it who cloned the repository and built it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    root = tmp_path_factory.mktemp("cloned")
    folder = root / "examples" / "client"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules", "build", "schema.d.ts"))
    (root / "openapi").mkdir()
    shutil.copy(ROOT / "openapi" / "openapi.json", root / "openapi")
    installed = npm(folder, "ci", "--ignore-scripts")
    if installed.returncode:
        pytest.skip(f"the packages cannot be installed here: {installed.stderr[-300:]}")
    done = npm(folder, "run", "build")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.slow
def test_two_devices_tell_the_story_on_the_page(built: Path, data: Path, service_process: Start) -> None:
    service = service_process(data)
    (shown,) = re.findall(r"```text\n(1\. .*?)```", PAGE, re.DOTALL)
    for _ in range(2):  # the second time in a workspace that has a story already
        told = npm(built, "run", "--silent", "tell", API=f"{service.url}/v1", KEY=service.owner_key)
        assert (told.returncode, told.stdout, told.stderr) == (0, shown, "")


@pytest.mark.slow
@pytest.mark.parametrize("has_pulled", ["", "yes"])
def test_a_phone_gives_back_what_a_restored_backup_does_not_have(
    built: Path, folder: Path, server: Server, database: Database, service_process: Start, has_pulled: str
) -> None:
    """Whether it had pulled what was lost, and hears of it by a pull, or only pushed it, and hears of it by a push."""
    port = {"THROUGHLINE_PORT": str(free_port())}
    service = service_process(folder / "data", database=database, environment=port)
    backup = f"{database.name}_backup"

    def copied(source: str, target: str) -> None:
        service.kill()
        server.run(f"CREATE DATABASE {target} OWNER {OWNER_ROLE} TEMPLATE {source} STRATEGY FILE_COPY")

    environment = os.environ | {"API": f"{service.url}/v1", "KEY": service.owner_key, "HAS_PULLED": has_pulled}
    with subprocess.Popen(
        ["node", "build/restored.js"], cwd=built, env=environment, stdin=PIPE, stdout=PIPE, text=True
    ) as phone:
        assert phone.stdin is not None
        assert phone.stdout is not None
        stopping = threading.Timer(DEADLINE_S, phone.kill)
        stopping.start()
        try:
            assert phone.stdout.readline() == "make a backup\n"
            copied(database.name, backup)
            service = service_process(folder / "data", database=database, environment=port)
            print("done", file=phone.stdin, flush=True)  # it is the answer
            assert phone.stdout.readline() == "restore it\n"
            service.kill()
            server.run(f"DROP DATABASE {database.name} WITH (FORCE)")
            copied(backup, database.name)
            server.run(f"DROP DATABASE {backup}")
            service = service_process(folder / "data", database=database, environment=port)
            print("done", file=phone.stdin, flush=True)  # the same
            assert phone.stdout.read() == "After the backup: version 3\nWhile it was restored: version 4\n"
            assert phone.wait() == 0
        finally:
            stopping.cancel()
            phone.kill()


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
