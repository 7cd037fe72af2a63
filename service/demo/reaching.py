"""Finds the service that a command calls: the one named, the one that runs here, or one started for the while."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from service.demo.calling import Api
from service.faults import StartRefusal
from service.settings import Settings

OWNER_KEY_FILE = "owner.key"

# A first start makes a database cluster; the slowest disks take a few seconds for it.
START_DEADLINE_S = 60.0
STOP_DEADLINE_S = 30.0
POLL_S = 0.05

_ANSWERS = re.compile(r"answers on (http://\S+)")


@dataclass(frozen=True)
class Reached:
    """A service that answers; `process` is the one started here, None when it ran already."""

    api: Api
    process: subprocess.Popen[bytes] | None = None


@contextmanager
def reached(settings: Settings, url: str | None, key: str | None) -> Iterator[Reached]:
    """A service that takes the key. Raises `StartRefusal` when there is none."""
    key_file = settings.data / OWNER_KEY_FILE
    shown = key or _read(key_file)
    if url is not None:
        if shown is None:
            raise StartRefusal(f"Give a key with --key: there is no {key_file} to take one from.")
        with closing(Api(url, shown)) as api:
            yield _named(api)
        return
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104  # called, not bound
    here = None if shown is None else _running(f"http://{host}:{settings.port}", shown)
    if here is not None:
        with closing(here.api):
            yield here
        return
    with _started() as (process, address):
        shown = key or _read(key_file)
        if shown is None:
            raise StartRefusal(f"Give a key with --key: the service made none in {key_file}, as it has others already.")
        with closing(Api(address, shown)) as api:
            yield Reached(_named(api).api, process)


def _read(file: Path) -> str | None:
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise StartRefusal(f"{file} cannot be read: {fault.strerror}.") from fault


def _named(api: Api) -> Reached:
    status, answer = api.get("/v1/me")
    if status != 200:
        why = answer.get("title") if isinstance(answer, dict) else None
        raise StartRefusal(f"{api.url} does not take this key: {why or status}.")
    return Reached(api)


def _running(url: str, key: str) -> Reached | None:
    """The service at the address that the settings name, if it is the one this key is for."""
    api = Api(url, key)
    try:
        return _named(api)
    except StartRefusal:
        api.close()
        return None


@contextmanager
def _started() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A service on a free port, stopped with the block; and its address."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "service", "serve"],
            env={**os.environ, "THROUGHLINE_PORT": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process, _address(process, output)
        finally:
            process.terminate()
            try:
                process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    end = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < end:
        printed = os.pread(output.fileno(), 1 << 16, 0).decode(errors="replace")
        if found := _ANSWERS.search(printed):
            return found[1]
        if process.poll() is not None:
            sentences = [line.removeprefix("throughline: ") for line in printed.splitlines()]
            raise StartRefusal(
                *sentences[-5:], "No service could be started for this; --url names one that runs already."
            )
        time.sleep(POLL_S)
    raise StartRefusal(f"The service did not start within {START_DEADLINE_S:g} s.")
