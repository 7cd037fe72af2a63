"""Directus as a contender, when it is asked for: installed once by npm into a cache folder; one collection of facts.

It takes part with its own defaults: of each item that is created it keeps who did it and what was in it, in two more
rows. Nothing else of the benchmark needs Node.js.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.bench import Bench, NotComparable, Ready
from benchmarks.contending import Contend, Operation, appends, encode, new_streams
from benchmarks.facts import Body
from benchmarks.load.traffic import request
from benchmarks.processes import Serving, call, clean
from service.postgres.cluster import PORT, SUPERUSER

VERSION = "12.4.0"
NODE_VERSION = "22.23.3"
"""Directus asks for 22 or later; npm carries Node.js itself, so that the machine's own may be older."""
NATIVE = "isolated-vm"
"""Its one part that comes as source; compiling it takes minutes and a C++ compiler."""

INSTALL_DEADLINE_S = 1_800.0
BOOTSTRAP_DEADLINE_S = 300.0
KEY = "for-this-run"
COLLECTION = "facts"
FORGET = "TRUNCATE facts, directus_activity, directus_revisions RESTART IDENTITY CASCADE"


class NoDirectus(click.ClickException):
    """Directus cannot be installed or made ready here; the text says why."""


@dataclass(frozen=True)
class Installed:
    """Where Directus lies and which Node.js runs it."""

    folder: Path
    node: Path

    def command(self, what: str) -> list[str]:
        """Its own program without the part that asks for newer versions."""
        return [str(self.node), str(self.folder / "node_modules/@directus/api/dist/cli/run.js"), what]


def installed() -> Installed:
    """Directus and a Node.js for it, from an earlier run or installed now. Raises `NoDirectus`."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "throughline" / f"directus-{VERSION}"
    node = folder / "node_modules" / _node_package() / "bin" / "node"
    whole = folder / "installed"
    if not whole.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _install(folder, node)
        whole.touch()
    return Installed(folder, node)


@contextmanager
def contending(bench: Bench) -> Iterator[Contend]:
    """A database that Directus has made its own, with a collection for facts: what each round starts a server on."""
    directus = installed()
    with bench.postgres.database("directus") as database:
        environment = _environment(bench, database)
        _run(directus.command("bootstrap"), clean(environment), directus.folder, BOOTSTRAP_DEADLINE_S)
        with _serving(bench, directus, environment) as server:
            status, body = call(server.port, "POST", "/collections", encode(_collection()), KEY)
            if status != 200:
                raise NotComparable(f"Directus made no collection: {status} {body[:300]!r}")

        @contextmanager
        def contend(bench: Bench, _: Operation) -> Iterator[Ready]:
            bench.postgres.run(database, FORGET)
            with _serving(bench, directus, environment) as server:
                traffic = replace(appends(new_streams(bench), _item, 1), expected=200)
                yield Ready(server, traffic, partial(bench.postgres.number, database, "SELECT count(*) FROM facts"))

        yield contend


def _serving(bench: Bench, directus: Installed, environment: dict[str, str]) -> AbstractContextManager[Serving]:
    return bench.serving("directus", directus.command("start"), environment, "/server/ping", directus.folder)


def _item(stream: str, fact: Body) -> bytes:
    said = {"data": fact["data"], "evidence": fact.get("evidence", [])}
    body = encode({"stream_id": stream, "type": fact["type"], "said": said})
    return request("POST", f"/items/{COLLECTION}", body, KEY)


def _collection() -> dict[str, Any]:
    """The fields that the hand-made table has, apart from the version, which Directus would not check."""
    key = {"field": "id", "type": "integer", "schema": {"is_primary_key": True, "has_auto_increment": True}, "meta": {}}
    fields = [
        {"field": name, "type": kind, "schema": {"is_nullable": False}, "meta": {"special": special}}
        for name, kind, special in (
            ("stream_id", "uuid", None),
            ("type", "string", None),
            ("said", "json", ["cast-json"]),
        )
    ]
    return {"collection": COLLECTION, "schema": {}, "meta": {}, "fields": [key, *fields]}


def _environment(bench: Bench, database: str) -> dict[str, str]:
    return {
        "HOST": "127.0.0.1",
        "PORT": "{port}",
        "SECRET": KEY,
        "DB_CLIENT": "pg",
        "DB_HOST": bench.postgres.socket_folder,
        "DB_PORT": str(PORT),
        "DB_USER": SUPERUSER,
        "DB_PASSWORD": "asked for by Directus, not by the server",
        "DB_DATABASE": database,
        "ADMIN_EMAIL": "owner@example.com",
        "ADMIN_PASSWORD": KEY,
        "ADMIN_TOKEN": KEY,
        "TELEMETRY": "false",
        # It would refuse what it is too busy for; what is measured is what it can do.
        "PRESSURE_LIMITER_ENABLED": "false",
        "TEMP_PATH": str(bench.folder / "directus"),
        "LOG_LEVEL": "warn",
        "NODE_ENV": "production",
    }


def _install(folder: Path, node: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise NoDirectus("npm is not installed; it comes with Node.js.")
    (folder / "package.json").write_text(json.dumps({"private": True}))
    packages = [f"directus@{VERSION}", f"{node.parent.parent.name}@{NODE_VERSION}"]
    environment = {
        **os.environ,
        "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(node.parent.parent),  # the headers that what is compiled needs
    }
    # No package's scripts run but the one that compiles.
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *packages]
    _run(install, environment, folder, INSTALL_DEADLINE_S)
    _run([npm, "rebuild", NATIVE], environment, folder, INSTALL_DEADLINE_S)


def _node_package() -> str:
    """The name under which npm carries Node.js for this machine."""
    system = os.uname()
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(system.machine, system.machine)
    return f"node-{system.sysname.lower()}-{machine}"


def _run(command: Sequence[str], environment: dict[str, str], folder: Path, deadline_s: float) -> None:
    named = " ".join(Path(part).name for part in command[:3])
    try:
        done = subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=deadline_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoDirectus(f"`{named}` took longer than {deadline_s:g} s.") from None
    if done.returncode:
        raise NoDirectus(f"`{named}` ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
