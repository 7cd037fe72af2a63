"""Our own PostgreSQL: a cluster in the data folder, a Unix socket, started and stopped with whoever uses it first.

Opening it belongs here; files and process are in `cluster`, the programs in `programs`. No schema, no keys.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from service.faults import DataFolderInUse, ServerGivingUp, StartRefusal
from service.postgres import pidfile
from service.postgres.cluster import PORT, START_DEADLINE_S, SUPERUSER, Cluster
from service.postgres.lock import FolderLock
from service.postgres.programs import find_programs

DATABASE = "throughline"
OWNER_ROLE = "throughline_owner"
APP_ROLE = "throughline_app"

COMMAND_STOP_DEADLINE_S = 10.0
"""How long a command's server waits for other commands that use it before it goes."""

RESTARTS_MAX = 8
"""Attempts in a row; with the pauses between them half a minute, after which a person has to look."""

STEADY_AFTER_S = 60.0
"""A server that held this long starts the count of attempts anew."""

PAUSE_FIRST_S, PAUSE_MAX_S = 0.1, 10.0

log = logging.getLogger("throughline.postgres")


@dataclass(frozen=True)
class Addresses:
    """libpq connection strings of one database: `app` for the run-time role, `owner` for the role that migrates."""

    app: str
    owner: str


class OwnPostgres:
    """The server of one data folder, held under the folder's lock from construction to `stop`."""

    def __init__(self, data: Path, *, purpose: str) -> None:
        self._lock = FolderLock(data, purpose)
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        try:
            self._cluster = Cluster(data.resolve(), find_programs())
            self._cluster.make()
            self._cluster.start()
        except BaseException:
            self._lock.release()
            raise

    def ready(self) -> Addresses:
        """Wait until the server takes connections and its roles and database are there."""
        self._cluster.wait()
        furnish(_address(self._cluster.socket_folder, SUPERUSER, "postgres"))
        return _addresses(self._cluster.socket_folder)

    def watch(self, give_up: Callable[[str], None]) -> None:
        """Restart the server whenever it dies; when that fails too often, call `give_up` with the reason."""
        self._watcher = threading.Thread(target=self._keep_alive, args=(give_up,), name="postgres-watch", daemon=True)
        self._watcher.start()

    def stop(self, *, let_sessions_end_s: float = 0.0) -> None:
        self._stopping.set()
        self._cluster.stop(let_sessions_end_s=let_sessions_end_s)
        if self._watcher:
            self._watcher.join()
            self._cluster.stop()  # a restart that was under way when we said stop
        self._lock.release()

    def _keep_alive(self, give_up: Callable[[str], None]) -> None:
        failures, since = 0, time.monotonic()
        while True:
            try:
                code = self._cluster.wait_for_end()
            except ServerGivingUp:
                return
            if self._stopping.is_set():
                return
            log.error("PostgreSQL ended unasked with code %s; starting it again", code)
            failures = 0 if time.monotonic() - since > STEADY_AFTER_S else failures
            while True:
                if failures >= RESTARTS_MAX:
                    give_up(f"PostgreSQL ended {failures} times in a row; its log is {self._cluster.log}.")
                    return
                if self._stopping.wait(min(PAUSE_MAX_S, PAUSE_FIRST_S * 2**failures) if failures else 0):
                    return
                failures, since = failures + 1, time.monotonic()
                try:
                    self._cluster.start()
                    self._cluster.wait()
                except (StartRefusal, OSError) as fault:
                    log.error("PostgreSQL did not come back: %s", fault)  # noqa: TRY400  # the sentence says it all
                else:
                    log.warning("PostgreSQL is back")
                    break


@contextmanager
def own_postgres(data: Path, *, purpose: str) -> Iterator[Addresses]:
    """The folder's database for one command: the living service's server when there is one, else one for the while."""
    try:
        server = OwnPostgres(data, purpose=purpose)
    except DataFolderInUse as held:
        yield _attached(data, held)
        return
    try:
        yield server.ready()
    finally:
        server.stop(let_sessions_end_s=COMMAND_STOP_DEADLINE_S)


def _attached(data: Path, held: DataFolderInUse) -> Addresses:
    end = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < end:
        found = pidfile.read(data / "postgres")
        if found and found.ready:
            addresses = _addresses(found.socket_folder)
            try:
                with psycopg.connect(addresses.app, connect_timeout=5):
                    return addresses
            except psycopg.OperationalError:
                pass  # its first start has not made roles and database yet, or it is on its way down
        time.sleep(0.05)
    raise held


def _address(folder: Path, role: str, database: str) -> str:
    return make_conninfo(host=str(folder), port=PORT, user=role, dbname=database)


def _addresses(folder: Path) -> Addresses:
    return Addresses(app=_address(folder, APP_ROLE, DATABASE), owner=_address(folder, OWNER_ROLE, DATABASE))


def furnish(superuser: str) -> None:
    """Roles and database, each made when it is missing: a first start may have been cut off between them."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        roles = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles")}
        for role in (OWNER_ROLE, APP_ROLE):
            if role not in roles:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            names = sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
