"""A workspace in a fresh database, and the environment by which a library application finds it."""

import sys
from collections.abc import Iterator
from uuid import UUID, uuid4

import eventsourcing.cryptography
import psycopg
import pytest

from service.eventsourcing import Factory
from service.eventsourcing.recorder import LedgerRecorder
from tests.conftest import Database, Server
from tests.conftest import _database as fresh_database
from tests.ledger.conftest import ledger, noor, opening, settings
from tests.running import MASTER_KEY

__all__ = ["ledger", "noor", "opening", "settings"]

# The module of the library's test cases asks for a cipher over a package that we do not install, for other cases than
# those we run; the library has the same cipher over the package that we do.
sys.modules.setdefault("eventsourcing.cipher", eventsourcing.cryptography)


@pytest.fixture(scope="module")
def database(server: Server, template: str) -> Iterator[Database]:
    """One for all tests of a module, each of which has a workspace of its own in it."""
    yield from fresh_database(server, template)


def new_workspace(database: Database) -> UUID:
    workspace_id = uuid4()
    with psycopg.connect(database.app, autocommit=True) as connection:
        connection.execute("SELECT create_workspace(%s, %s)", (workspace_id, "Shelves"))
    return workspace_id


def environment_of(database: Database, workspace_id: UUID, **more: str) -> dict[str, str]:
    return {
        "PERSISTENCE_MODULE": "service.eventsourcing",
        "DATABASE_URL": database.app,
        "THROUGHLINE_MASTER_KEY": MASTER_KEY,
        "WORKSPACE_ID": str(workspace_id),
        **more,
    }


@pytest.fixture
def workspace_id(database: Database) -> UUID:
    return new_workspace(database)


@pytest.fixture
def environment(database: Database, workspace_id: UUID) -> dict[str, str]:
    return environment_of(database, workspace_id)


@pytest.fixture
def factory(environment: dict[str, str]) -> Iterator[Factory]:
    made = Factory(environment)
    yield made
    made.close()


@pytest.fixture
def recorder(factory: Factory) -> LedgerRecorder:
    return factory.application_recorder()
