"""The one PostgreSQL of a run: the service's own server, its settings, fsync on; and a database for each use."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from service.postgres import APP_ROLE, OWNER_ROLE, OwnPostgres, pidfile
from service.postgres.cluster import PORT, SUPERUSER
from service.postgres.programs import find_programs, unprivileged, within_reach


@dataclass(frozen=True)
class Postgres:
    """A server on a Unix socket. All contenders reach it the same way."""

    socket_folder: str
    pid: int
    programs: Path

    def address(self, database: str, role: str = SUPERUSER) -> str:
        return make_conninfo(host=self.socket_folder, port=PORT, user=role, dbname=database)

    def app_address(self, database: str) -> str:
        return self.address(database, APP_ROLE)

    def owner_address(self, database: str) -> str:
        return self.address(database, OWNER_ROLE)

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """An empty database for one use; its name. Dropped afterwards, and all it left to write is written."""
        self.run("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.run("postgres", f"CREATE DATABASE {name} OWNER {OWNER_ROLE}")
        try:
            yield name
        finally:
            self.run("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, database: str, statements: str, parameters: tuple[Any, ...] | None = None) -> None:
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            connection.execute(statements.encode(), parameters)

    def number(self, database: str, query: str) -> int:
        """The one number that a query gives."""
        with psycopg.connect(self.address(database), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None, "the query gives one row"
        return int(row[0])

    def settle(self) -> None:
        """Write out what earlier measurements left, so that the next one does not pay for it."""
        self.run("postgres", "CHECKPOINT")

    @property
    def version(self) -> str:
        return f"{self.number('postgres', 'SHOW server_version_num') // 10_000}.{self._minor}"

    @property
    def _minor(self) -> int:
        return self.number("postgres", "SHOW server_version_num") % 10_000


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """The service's own server in a new cluster under `folder`, ended and removed with the block."""
    data = folder / "postgres-of-the-run"
    data.mkdir(mode=0o711)
    own = OwnPostgres(data, purpose="benchmark")
    try:
        addresses = own.ready()
        found = pidfile.read((data / "postgres").resolve())
        assert found is not None, "a server that is ready has written its file"
        programs = within_reach(find_programs(), unprivileged(data / "postgres"))
        yield Postgres(str(conninfo_to_dict(addresses.app)["host"]), found.pid, programs.folder)
    finally:
        own.stop()
        discard(data)


def discard(data: Path) -> None:
    """Remove a data folder, also a cluster that had to be made elsewhere for the server's account to reach it."""
    shutil.rmtree((data / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)
