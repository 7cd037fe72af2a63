"""Brings a database's schema to what this code expects: numbered SQL files once, functions and grants when they change.

The files are in ledger/sql; nothing about their content is known here.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from service.database import TWO_ROLES
from service.faults import StartRefusal
from service.postgres import APP_ROLE

LOCK = 0x7468726F7567686C
"""The advisory lock of whoever migrates: "throughl" in ASCII."""

LOCK_DEADLINE_S = 120
"""Another process's migration may rewrite a large table; after this a person should look."""

SCHEMA_QUERY = "SELECT number, name, sha256 FROM schema_migration ORDER BY number"
"""What `schema_difference` judges; the run-time role may read it."""

ALONE = "_alone"
"""A migration's name that ends so says: no process of an older version may record beside it (docs/operations.md)."""

_RECORDS = """
CREATE TABLE IF NOT EXISTS schema_migration (
    number     integer     PRIMARY KEY,
    name       text        NOT NULL,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS schema_part (
    name       text        PRIMARY KEY,
    sha256     text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""

_OWN_GRANTS = f"""
GRANT USAGE ON SCHEMA public TO {APP_ROLE};
GRANT SELECT ON schema_migration, schema_part TO {APP_ROLE};
GRANT SELECT, INSERT ON keyring TO {APP_ROLE};
"""


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    text: str

    @property
    def sha256(self) -> str:
        return _digest(self.text)


@dataclass(frozen=True)
class Part:
    """SQL that is applied again whenever it changes: functions, and the grants after them."""

    name: str
    text: str

    @property
    def sha256(self) -> str:
        return _digest(self.text)


def expected_schema() -> tuple[Migration, ...]:
    """The migrations of this code, by number."""
    found = []
    for file in files("service.ledger").joinpath("sql", "migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        found.append(Migration(int(number), name, file.read_text(encoding="utf-8")))
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise AssertionError("migrations are numbered from 1 without gaps")
    return tuple(found)


@cache
def _expected_once() -> tuple[Migration, ...]:
    """The same for who asks every few seconds: the files of a running process do not change."""
    return expected_schema()


def schema_difference(rows: Sequence[tuple[Any, ...]]) -> str | None:
    """Why a database with these rows of `SCHEMA_QUERY` does not fit this code; None when it does."""
    expected = _expected_once()
    if fault := _contradiction(rows, expected):
        return fault
    if len(rows) < len(expected):
        return (
            f"The database is at migration {len(rows)} and this code needs {len(expected)}: run `throughline migrate`."
        )
    return None


class Misfit(NamedTuple):
    """Why a running process may not record: a sentence for anybody, and one for whoever runs the service."""

    plain: str
    detail: str


def running_difference(rows: Sequence[tuple[Any, ...]]) -> Misfit | None:
    """Why a process that runs already must not go on recording in a database with these rows; None when it may.

    What a newer version has added since is no reason, unless one of its migrations is named `..._alone`.
    """
    expected = _expected_once()
    newer = rows[len(expected) :]
    alone = [name for _, name, _ in newer if name.endswith(ALONE)]
    if fault := schema_difference(rows if alone else rows[: len(expected)]):
        if alone:
            return Misfit("The database was changed for a newer version, beside which this one cannot work.", fault)
        if len(rows) < len(expected):
            return Misfit("The database has an older schema than this version needs.", fault)
        return Misfit("The database does not have the schema of this version.", fault)
    return None


def migrate(connection: psycopg.Connection[Any], app_role: str = APP_ROLE) -> list[str]:
    """Apply what is missing as the connection's role, for `app_role` to use; the names of what was applied.

    The connection is in autocommit. Any number of processes may do this at once: one applies, the others wait for it.
    """
    if not _pending(connection, app_role):
        return []
    connection.execute(sql.SQL("SET lock_timeout = {}").format(f"{LOCK_DEADLINE_S}s"))
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        return _apply(connection, app_role)
    except psycopg.errors.LockNotAvailable:
        raise StartRefusal(
            f"Another migration of this database has been under way for {LOCK_DEADLINE_S} s: wait for it to end."
        ) from None
    finally:
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_all()")
            connection.execute("RESET lock_timeout")


def _apply(connection: psycopg.Connection[Any], app_role: str) -> list[str]:
    applied = []
    try:
        connection.execute(_RECORDS)
    except psycopg.errors.InsufficientPrivilege:
        raise StartRefusal(
            f"The role {connection.info.user} may not create tables in {connection.info.dbname}. {TWO_ROLES}"
        ) from None
    rows = connection.execute(SCHEMA_QUERY).fetchall()
    expected = expected_schema()
    if fault := _contradiction(rows, expected):
        raise StartRefusal(fault)
    for migration in expected[len(rows) :]:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(
                "INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)",
                (migration.number, migration.name, migration.sha256),
            )
        applied.append(f"{migration.number:04}_{migration.name}")
    parts = _parts(app_role)
    known = dict(connection.execute("SELECT name, sha256 FROM schema_part").fetchall())
    changed = [part for part in parts if applied or known.get(part.name) != part.sha256]
    if changed:
        _refuse_missing_role(connection, app_role)
        with connection.transaction():
            for part in parts:
                if part in changed or part.name == "grants":  # a function made anew may need its grants again
                    connection.execute(part.text.encode())
                    connection.execute(
                        "INSERT INTO schema_part (name, sha256) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE "
                        "SET sha256 = excluded.sha256, applied_at = now()",
                        (part.name, part.sha256),
                    )
    return applied or [part.name for part in changed]


def _pending(connection: psycopg.Connection[Any], app_role: str) -> bool:
    """Whether there is anything to do, asked without a lock, as at nearly every start."""
    try:
        rows = connection.execute(SCHEMA_QUERY).fetchall()
        known = dict(connection.execute("SELECT name, sha256 FROM schema_part").fetchall())
    except psycopg.errors.UndefinedTable:
        return True
    if fault := _contradiction(rows, expected_schema()):
        raise StartRefusal(fault)
    return len(rows) < len(expected_schema()) or any(known.get(part.name) != part.sha256 for part in _parts(app_role))


def _contradiction(rows: Sequence[tuple[Any, ...]], expected: Sequence[Migration]) -> str | None:
    if len(rows) > len(expected):
        number, name, _ = rows[len(expected)]
        return f"The database has migration {number:04}_{name}, which this code does not know: start a newer version."
    for (number, name, sha256), migration in zip(rows, expected, strict=False):
        if (number, sha256) != (migration.number, migration.sha256):
            return (
                f"{migration.number:04}_{migration.name}.sql has changed since it was applied to this database as "
                f"{number:04}_{name}: restore the file, and make the change in a new one."
            )
    return None


def parts_changed(connection: psycopg.Connection[Any]) -> list[str]:
    """The names of the functions in the database that are not this code's; which rights there are is another matter."""
    known = dict(connection.execute("SELECT name, sha256 FROM schema_part").fetchall())
    parts = [part for part in _parts(APP_ROLE) if part.name != "grants"]
    return [part.name for part in parts if known.get(part.name) != part.sha256]


def _parts(app_role: str) -> list[Part]:
    folder = files("service.ledger").joinpath("sql")
    functions = sorted(folder.joinpath("functions").iterdir(), key=lambda file: file.name)
    parts = [Part(file.name, file.read_text(encoding="utf-8")) for file in functions if file.name.endswith(".sql")]
    grants = folder.joinpath("grants.sql")
    text = _OWN_GRANTS + (grants.read_text(encoding="utf-8") if grants.is_file() else "")
    # The file says throughline_app, so that it can be pasted; another database may call that role otherwise.
    return [*parts, Part("grants", text.replace(APP_ROLE, sql.Identifier(app_role).as_string(None)))]


def _refuse_missing_role(connection: psycopg.Connection[Any], app_role: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone():
        raise StartRefusal(f"The run-time role {app_role} does not exist on the server. {TWO_ROLES}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
