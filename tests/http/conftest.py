"""The service over real HTTP on a free port, with two workspaces and a key for every role."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from msgspec import structs

from domain.facts import Caller, Role
from projections.trust.policy import TRUST_1
from service.clock import Clock
from service.connections import bounded
from service.http.app import create_app
from service.ids import new_id
from service.ledger import members
from service.ledger.ledger import Ledger
from service.ledger.tokens import new_token
from service.masterkey import MasterKey
from service.settings import Settings, read_settings
from tests.conftest import Database, Server, _database
from tests.http.devices import Device
from tests.running import PLAIN

START_DEADLINE_S = 20
# Small, so that the tests of slowness are not slow themselves.
BODY_DEADLINE_S = 0.5
ORIGIN = "https://app.example.org"
STRICT = structs.replace(TRUST_1, name="strict", against_multiplier=Decimal(2), silence_days=3)
MASTER_KEY = MasterKey(bytes(range(32)))


@dataclass(frozen=True)
class Person:
    """Somebody with a key."""

    party_id: UUID
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Workspace:
    """A workspace with its people; `stranger` owns another one."""

    id: UUID
    owner: Person
    member: Person
    auditor: Person
    coach: Person
    guest: Person
    guests_deal: UUID  # the deal that the guest's key is for, which a test may open


@dataclass(frozen=True)
class World:
    """The address of the service, and the two workspaces on it."""

    url: str
    database: Database
    settings: Settings
    here: Workspace
    elsewhere: Workspace


@pytest.fixture(scope="session")
def world(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One service for all tests here: each makes its own streams and leaves the others' alone."""
    with contextmanager(_database)(server, template) as database:
        settings = read_settings(
            {
                "THROUGHLINE_DATA": str(tmp_path_factory.mktemp("data")),
                "THROUGHLINE_BODY_BYTES_MAX": "65536",
                "THROUGHLINE_BODY_DEADLINE_S": str(BODY_DEADLINE_S),
                "THROUGHLINE_CORS_ORIGINS": ORIGIN,
                "THROUGHLINE_WEBHOOK_NETWORKS": "127.0.0.0/8",
                "THROUGHLINE_POLICIES": str(_policies(tmp_path_factory.mktemp("policies"))),
            }
        )
        here, elsewhere = asyncio.run(settle(database, settings))
        with served(database, settings) as url:
            yield World(url, database, settings, here, elsewhere)


@contextmanager
def served(database: Database, settings: Settings, clock: Clock | None = None) -> Iterator[str]:
    """The service in a thread of this process, so that its clock can be another; its address.

    Its pools draw their waits from a generator of their own: Hypothesis takes a move of the process's generator for
    the doing of a strategy.
    """
    config = uvicorn.Config(
        create_app(settings, database.app, MASTER_KEY, clock),
        port=0,
        http=bounded(settings),
        loop="asyncio",
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    with patch("psycopg_pool.base.random", Random().random):
        thread.start()
        try:
            yield _url(running)
        finally:
            running.should_exit = True
            thread.join()


def _policies(folder: Path) -> Path:
    """A folder with one policy beside the built-in one, under which what speaks against counts twice."""
    (folder / "strict.json").write_bytes(STRICT.document)
    return folder


async def settle(database: Database, settings: Settings) -> tuple[Workspace, Workspace]:
    """Two workspaces, with a key for every role in each."""
    async with Ledger.open(database.app, MASTER_KEY, settings) as ledger:
        return await new_workspace(ledger, "Depot deals"), await new_workspace(ledger, "Somebody else's deals")


async def new_workspace(ledger: Ledger, name: str) -> Workspace:
    """A workspace with a key for every role."""
    workspace_id = new_id(ledger.clock.now())
    await ledger.create_workspace(workspace_id, name)

    async def person(role: Role) -> Person:
        party_id = uuid4()
        return Person(party_id, await members.issue_key(ledger, workspace_id, role=role, name=role, party_id=party_id))

    return Workspace(
        id=workspace_id,
        owner=await person("owner"),
        member=await person("member"),
        auditor=await person("auditor"),
        coach=await person("coach"),
        guest=await _guest(ledger, workspace_id, guests_deal := uuid4()),
        guests_deal=guests_deal,
    )


async def _guest(ledger: Ledger, workspace_id: UUID, deal: UUID) -> Person:
    party_id, token = uuid4(), new_token(workspace_id, uuid4())
    caller = Caller(party_id, "guest", stream_id=f"deal/{deal}")
    await ledger.credentials.issue(workspace_id, token, caller, "guest", None)
    return Person(party_id, token.shown)


def _url(running: uvicorn.Server) -> str:
    end = time.monotonic() + START_DEADLINE_S
    while not running.started:
        assert time.monotonic() < end, "the service did not start"
        time.sleep(0.01)
    port = running.servers[0].sockets[0].getsockname()[1]
    return f"http://127.0.0.1:{port}"


def client(world: World, person: Person | None) -> httpx.Client:
    headers = person.headers if person else {}
    return httpx.Client(base_url=world.url, headers=headers, timeout=20, trust_env=False, verify=PLAIN)


@pytest.fixture
def member(world: World) -> Iterator[httpx.Client]:
    """Noor, a member."""
    with client(world, world.here.member) as http:
        yield http


@pytest.fixture
def owner(world: World) -> Iterator[httpx.Client]:
    with client(world, world.here.owner) as http:
        yield http


@pytest.fixture
def stranger(world: World) -> Iterator[httpx.Client]:
    """The owner of another workspace."""
    with client(world, world.elsewhere.owner) as http:
        yield http


@pytest.fixture
def nobody(world: World) -> Iterator[httpx.Client]:
    """A caller without a key."""
    with client(world, None) as http:
        yield http


def fact(type_: str, /, **data: Any) -> dict[str, Any]:
    """A proposal as a client writes it."""
    return {"type": type_, "data": data}


def noted(text: str = "They count shifts on paper") -> dict[str, Any]:
    return fact("note.recorded", text=text)


def opened(title: str = "Shift planning for twelve depots", **more: Any) -> dict[str, Any]:
    return fact("deal.opened", title=title, **more)


def a_deal(http: httpx.Client, *facts: dict[str, Any]) -> str:
    """The address of a freshly opened deal, with `facts` on it."""
    answer = http.post("/v1/deals", json={"facts": [opened(), *facts]})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


@pytest.fixture
def phone(member: httpx.Client) -> Device:
    return Device(member)


@pytest.fixture
def tablet(member: httpx.Client) -> Device:
    """Another device of the same person."""
    return Device(member)
