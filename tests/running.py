"""`throughline serve` and other commands as real processes, ended by the id they were started with."""

import base64
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from service.settings import TABLE

ROOT = Path(__file__).parent.parent
READY_DEADLINE_S = 30.0
STOP_DEADLINE_S = 30.0
MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of services here, none of which speaks TLS: reading the machine's authorities outlasts most tests."""


@dataclass
class Running:
    """A service that answers. `output` is everything it has printed, both streams."""

    process: subprocess.Popen[bytes]
    url: str
    data: Path
    log: Path

    @property
    def owner_key(self) -> str:
        return (self.data / "owner.key").read_text().strip()

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.owner_key}"}

    @property
    def output(self) -> str:
        return self.log.read_text()

    def stop(self) -> int:
        """Ask it to end as a supervisor would; its exit code."""
        self.process.terminate()
        return self.process.wait(STOP_DEADLINE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(STOP_DEADLINE_S)


class Addressed(Protocol):
    """A database with an address for each of its two roles, such as the fixture `database` gives."""

    app: str
    owner: str


def addresses(database: Addressed) -> dict[str, str]:
    """The settings by which a service or a command finds it."""
    return {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}


class Start(Protocol):
    """What the fixture `service_process` gives. Without a database the service runs its own server."""

    def __call__(
        self, data: Path, *, database: Addressed | None = None, environment: dict[str, str] | None = None
    ) -> Running: ...


def environment_of(data: Path, extra: dict[str, str]) -> dict[str, str]:
    """An environment with these settings and no others."""
    names = {setting.name for setting in TABLE}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in names and not name.startswith(("THROUGHLINE_", "PG"))
    }
    ours = {"THROUGHLINE_DATA": str(data), "THROUGHLINE_PORT": "0", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if "DATABASE_URL" in extra and not any(name.startswith("THROUGHLINE_MASTER_KEY") for name in extra):
        ours["THROUGHLINE_MASTER_KEY"] = MASTER_KEY
    return {**kept, **ours, **extra}


def command(
    data: Path, *arguments: str, environment: dict[str, str] | None = None, deadline_s: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run one `throughline` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "service", *arguments],
        env=environment_of(data, environment or {}),
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=deadline_s,
        check=False,
    )


@contextmanager
def started(data: Path, extra: dict[str, str]) -> Iterator[Running]:
    """A service from its first readiness to its end, which comes at the latest with the block's."""
    data.mkdir(exist_ok=True, mode=0o711)
    log = data / f"output-{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env=environment_of(data, extra),
            cwd=data.parent,
            stdout=output,
            stderr=output,
        )
    try:
        yield Running(process, _url(process, log), data, log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + READY_DEADLINE_S
    while time.monotonic() < end:
        if found := re.search(r"answers on (http://\S+)", log.read_text()):
            return found.group(1)
        if process.poll() is not None:
            raise AssertionError(f"the service ended with {process.returncode}: {log.read_text()}")
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"the service did not answer in {READY_DEADLINE_S:g} s: {log.read_text()}")
