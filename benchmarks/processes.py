"""Servers under measurement: started as processes, watched, and ended by the ids they were started with."""

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types

ROOT = Path(__file__).parent.parent
READY_DEADLINE_S = 180.0
"""The slowest to start takes ten seconds of a processor that is its own."""
STOP_DEADLINE_S = 30.0
POLL_S = 0.01
"""The start of a service is measured to this; its must is in seconds."""

SETTINGS_OF_OTHERS = ("THROUGHLINE_", "DATABASE_", "PG", "POSTGRES_", "PYTHON")


class NotServing(Exception):
    """A server that did not become ready."""


@dataclass(frozen=True)
class Serving:
    """A server that answers on `port` of 127.0.0.1."""

    pid: int
    port: int

    @property
    def cpu_s(self) -> float:
        """CPU seconds that it has used so far."""
        return cpu_s(self.pid)

    @property
    def resident_mb(self) -> float:
        """Memory that is in use now, in megabytes of 1,000,000 bytes."""
        return float(psutil.Process(self.pid).memory_info().rss / 1e6)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children, those that have ended included."""
    process = psutil.Process(pid)
    own = process.cpu_times()
    used = own.user + own.system + own.children_user + own.children_system
    for child in process.children():
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return float(used)


@contextmanager
def serving(
    command: Sequence[str], environment: dict[str, str], port: int, ready: str, log: Path, folder: Path = ROOT
) -> Iterator[Serving]:
    """A server from its first 200 on the path `ready` to its end, which comes with the block's."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=clean(environment), cwd=folder, stdout=output, stderr=output)
    try:
        _await(process, port, ready, log)
        yield Serving(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(STOP_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def clean(environment: dict[str, str]) -> dict[str, str]:
    """This process's environment without anybody's settings, and with `environment`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS_OF_OTHERS)}
    return {**kept, "PYTHONPATH": str(ROOT), **environment}


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: subprocess.Popen[bytes], port: int, ready: str, log: Path) -> None:
    end = time.monotonic() + READY_DEADLINE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise NotServing(f"{process.args!r} ended with {process.returncode}: {log.read_text()[-1500:]}")
        if answers(port, ready):
            return
        time.sleep(POLL_S)
    raise NotServing(f"{process.args!r} was not ready in {READY_DEADLINE_S:g} s: {log.read_text()[-1500:]}")


def answers(port: int, path: str) -> bool:
    """Whether the server answers 200 there."""
    try:
        return call(port, "GET", path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def call(port: int, method: str, path: str, body: bytes | None = None, key: str | None = None) -> tuple[int, bytes]:
    """One request on a connection of its own: status and body."""
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_DEADLINE_S)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
