"""What every test may stand on: one real PostgreSQL, fresh migrated databases, and the service as a process."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg.conninfo import make_conninfo
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

from service.migrate import migrate
from service.postgres import APP_ROLE, OWNER_ROLE, furnish, own_postgres
from service.postgres.cluster import PORT, SUPERUSER, Cluster
from service.postgres.programs import find_programs
from tests.running import Addressed, Running, Start, addresses, started
from tests.scenarios_table import PAGE, Seen, keep, page, shown, told

TEMPLATE = "migrated"
IDS = {one.id: one.ids for one in shown()}
"""The faults and attacks that each test shows."""

MEMORY = Path("/dev/shm")  # noqa: S108  # folders of names nobody can guess are made in it
MEMORY_BYTES_MIN = 2 * 1024**3
"""What must be free there for all that a run keeps at once; else its folders are on disk, where it takes longer."""

# The quick run looks at the same examples every time, so that it says the same of the same code on every machine; the
# whole run (`make test-all`) searches anew, and prints how to find again what it found. Neither judges by the clock of
# a machine that may do much else.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("searching", print_blob=True, deadline=None)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def open_folder(prefix: str) -> Path:
    """A new folder that PostgreSQL's own account may pass through when the tests run as root (pytest's may not be)."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if roomy else None))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder for a service's data, gone after the test."""
    path = open_folder("throughline-test-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def initialised() -> Iterator[Path]:
    """A data folder whose cluster is made, furnished and stopped."""
    made = open_folder("throughline-tests-")
    with own_postgres(made / "data", purpose="tests"):
        pass
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def data(folder: Path, initialised: Path) -> Path:
    """A copy of that data folder: a start on it is a first start that is spared the making of the cluster."""
    subprocess.run(["cp", "-a", initialised, folder / "data"], check=True)
    return folder / "data"


class Server:
    """The run's PostgreSQL, without fsync: what it holds is thrown away. Tests of durability start one of their own."""

    def __init__(self, socket_folder: Path) -> None:
        self._socket_folder = socket_folder

    def address(self, role: str, database: str) -> str:
        return make_conninfo(host=str(self._socket_folder), port=PORT, user=role, dbname=database)

    @property
    def superuser(self) -> str:
        return self.address(SUPERUSER, "postgres")

    def run(self, statement: str) -> None:
        with psycopg.connect(self.superuser, autocommit=True) as connection:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    data = open_folder("throughline-tests-")
    cluster = Cluster(data, find_programs())
    cluster.make()
    with (cluster.home / "postgresql.conf").open("a") as configuration:
        configuration.write("fsync = off\nfull_page_writes = off\nmax_wal_size = '256MB'\n")
    cluster.start()
    try:
        cluster.wait()
        furnish(Server(cluster.socket_folder).superuser)
        yield Server(cluster.socket_folder)
    finally:
        cluster.stop()
        shutil.rmtree(data, ignore_errors=True)


class Database:
    """A database of a test's own: `app` is the run-time role's address, `owner` that of the role that migrates."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self.app = server.address(APP_ROLE, name)
        self.owner = server.address(OWNER_ROLE, name)
        self.superuser = server.address(SUPERUSER, name)


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a migrated database that nobody is connected to."""
    server.run(f"CREATE DATABASE {TEMPLATE} OWNER {OWNER_ROLE}")
    with psycopg.connect(server.address(OWNER_ROLE, TEMPLATE), autocommit=True) as connection:
        migrate(connection)
    return TEMPLATE


@pytest.fixture
def database(server: Server, template: str) -> Iterator[Database]:
    """A fresh, migrated, empty database."""
    yield from _database(server, template)


@pytest.fixture
def bare_database(server: Server) -> Iterator[Database]:
    """A fresh database with nothing in it, not even the schema."""
    yield from _database(server, "template1")


def _database(server: Server, template: str) -> Iterator[Database]:
    name = f"test_{secrets.token_hex(6)}"
    server.run(f"CREATE DATABASE {name} OWNER {OWNER_ROLE} TEMPLATE {template} STRATEGY FILE_COPY")
    yield Database(server, name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def service_process() -> Iterator[Start]:
    """Starts `throughline serve` on a free port; what was started is stopped after the test."""
    with ExitStack() as stack:

        def start(
            data: Path, *, database: Addressed | None = None, environment: dict[str, str] | None = None
        ) -> Running:
            own = addresses(database) if database else {}
            return stack.enter_context(started(data, {**own, **(environment or {})}))

        yield start


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-seen", action="store_true", help="write docs/scenarios.md with what is seen; search anew")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("steady" if _is_quick(config) else "searching")


def _is_quick(config: pytest.Config) -> bool:
    return config.option.markexpr == "not slow" and not config.option.keep_seen


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """Which tests one of several processes runs: those of a file. The rows of the coverage are counted over files."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/coverage" if file.startswith("tests/coverage/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """After a part of the whole run: what it saw of each fault and attack."""
    if _is_quick(config) or config.option.collectonly:
        return
    outcomes: dict[str, list[str]] = {}
    details: dict[str, list[str]] = {}
    for outcome, kept in (("failed", "failed"), ("failed", "error"), ("passed", "passed"), ("skipped", "skipped")):
        for report in terminalreporter.stats.get(kept, []):
            test = _without_case(report.nodeid)
            if test in IDS:
                outcomes.setdefault(test, []).append(outcome)
                details.setdefault(test, []).extend(value for name, value in report.user_properties if name == "seen")
    by_id: dict[str, list[str]] = {}
    for test, found in outcomes.items():
        for id_ in IDS[test]:
            by_id.setdefault(id_, []).extend(found)
    terminalreporter.section("faults and attacks: what was seen, and what is expected")
    terminalreporter.write_line(told(by_id))
    if config.option.keep_seen:
        today = datetime.now(UTC).date()
        keep({test: Seen(today, Counter(found), tuple(details[test])) for test, found in outcomes.items()})
        PAGE.write_text(page(), "utf-8")


def _without_case(nodeid: str) -> str:
    """A test's name from the tests' folder on, without the parameters of one case."""
    return nodeid.partition("[")[0].removeprefix("tests/")


def pytest_sessionstart() -> None:
    """Variables of whoever runs the tests must not reach what they start; who is asked to end tidies up first."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for name in [name for name in os.environ if name.startswith(("PG", "DATABASE_", "THROUGHLINE_"))]:
        del os.environ[name]
