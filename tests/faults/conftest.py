"""What faults are injected into: a durable PostgreSQL that can be stopped, and one behind a proxy that misbehaves."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import pytest

from service.masterkey import MasterKey
from service.postgres import APP_ROLE, DATABASE, OWNER_ROLE
from service.postgres.cluster import SUPERUSER, Cluster
from service.postgres.programs import find_programs
from tests.conftest import Database, Server, _database, open_folder
from tests.faults.history import History
from tests.faults.load import Client, Fact
from tests.faults.proxy import Proxy, proxied
from tests.ledger.conftest import ledger, noor, opening, settings  # noqa: F401  # fixtures
from tests.running import Running, started

GIVEN_KEY = MasterKey(bytes(range(32)))
"""What `tests.running` gives to a service whose PostgreSQL is elsewhere."""


@dataclass
class Reached:
    """A database by the addresses that a service is given."""

    app: str
    owner: str


class Elsewhere:
    """A PostgreSQL with fsync on that no service runs; it can be stopped and started again."""

    def __init__(self, data: Path) -> None:
        self._cluster = Cluster(data, find_programs())
        self.start()
        server = Server(self._cluster.socket_folder)
        self.app = server.address(APP_ROLE, DATABASE)
        self.owner = server.address(OWNER_ROLE, DATABASE)
        self.superuser = server.address(SUPERUSER, DATABASE)

    def start(self) -> None:
        self._cluster.start()
        self._cluster.wait()

    def stop(self) -> None:
        self._cluster.stop()


@pytest.fixture
def elsewhere(data: Path) -> Iterator[Elsewhere]:
    server = Elsewhere(data)
    yield server
    server.stop()


@dataclass(frozen=True)
class Pair:
    """Two processes of the service on one workspace, which many tests share: each makes its own streams."""

    first: Running
    second: Running
    database: Database

    def clients(self, connect: "Connect", number: int) -> list[Client]:
        """Of both processes in turn."""
        return [connect(one, key_of=self.first) for one in [self.first, self.second] * (number // 2)]


@pytest.fixture(scope="session")
def pair(server: Server, template: str) -> Iterator[Pair]:
    folder = open_folder("throughline-pair-")
    with contextmanager(_database)(server, template) as database:
        addresses = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}
        with started(folder / "first", addresses) as first, started(folder / "second", addresses) as second:
            yield Pair(first, second, database)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    with proxied(database.app) as one:
        yield one


@pytest.fixture
def behind(database: Database, proxy: Proxy) -> Reached:
    """The database as a service reaches it through the proxy."""
    return Reached(proxy.address(database.app), database.owner)


class Connect(Protocol):
    """What the fixture `connect` gives: a client of a service, by the owner's key unless another service made it."""

    def __call__(self, service: Running, *, key_of: Running | None = None) -> Client: ...


@pytest.fixture
def connect() -> Iterator[Connect]:
    with ExitStack() as stack:

        def connected(service: Running, *, key_of: Running | None = None) -> Client:
            client = Client(service.url, (key_of or service).owner_key)
            stack.callback(client.close)
            return client

        yield connected


def said(type_: str, **data: Any) -> Fact:
    """A proposal with an id of the client's."""
    return {"type": type_, "event_id": str(uuid4()), "data": data}


def noted(text: str = "They count shifts on paper") -> Fact:
    return said("note.recorded", text=text)


def a_deal(client: Client, history: History) -> str:
    """A deal that was just opened."""
    stream = f"deal/{uuid4()}"
    assert client.write(history, stream, [said("deal.opened", title="Depots")]).status == 201
    return stream


def eventually(holds: Callable[[], bool], deadline_s: float = 10.0) -> float:
    """Wait until it holds; how many seconds that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < deadline_s, "it did not come to be in time"
        time.sleep(0.02)
    return time.monotonic() - began


def ready(service: Running) -> bool:
    client = Client(service.url, "")
    try:
        return client.ask("GET", "/health/ready").status == 200
    finally:
        client.close()
