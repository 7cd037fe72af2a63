"""What must hold before the service or a command may touch the log: a database that fits, and the right master key."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from service import masterkey
from service.database import connect, refuse_powerful_role
from service.faults import StartRefusal
from service.masterkey import MasterKey
from service.migrate import SCHEMA_QUERY, migrate, parts_changed, schema_difference
from service.postgres import APP_ROLE, Addresses, own_postgres
from service.settings import Settings


@dataclass(frozen=True)
class Prepared:
    """A migrated database for the run-time role, and the key that opens its content."""

    dsn: str
    master_key: MasterKey


@contextmanager
def prepared(settings: Settings, *, purpose: str) -> Iterator[Prepared]:
    """For one command: the database the settings name; our own is started for the while when no service runs it."""
    if settings.own_server:
        with own_postgres(settings.data, purpose=purpose) as addresses:
            yield prepare_own(settings, addresses)
    else:
        yield prepare_elsewhere(settings)


def prepare_own(settings: Settings, addresses: Addresses) -> Prepared:
    """Migrate our own server's database and open its keyring."""
    with connect(addresses.owner, "own server") as connection:
        migrate(connection)
    with connect(addresses.app, "own server") as connection:
        return Prepared(addresses.app, masterkey.obtain(settings, connection))


def prepare_elsewhere(settings: Settings) -> Prepared:
    """Migrate when there is a role for it, then judge the database as the run-time role finds it."""
    dsn = settings.database_url
    if dsn is None:
        raise StartRefusal("DATABASE_URL is not set.")
    with connect(dsn, "DATABASE_URL") as connection:
        refuse_powerful_role(connection)
        if settings.database_migrate_url:
            with connect(settings.database_migrate_url, "DATABASE_MIGRATE_URL") as owner:
                migrate(owner, connection.info.user)
        if fault := _difference(connection):
            raise StartRefusal(fault)
        refuse_powerful_role(connection)
        return Prepared(dsn, masterkey.obtain(settings, connection))


def migrate_alone(settings: Settings) -> list[str]:
    """What `throughline migrate` does; the names of what was applied."""
    if settings.own_server:
        with (
            own_postgres(settings.data, purpose="migrate") as addresses,
            connect(addresses.owner, "own server") as owner,
        ):
            return migrate(owner)
    url = settings.database_migrate_url or settings.database_url
    named_by = "DATABASE_MIGRATE_URL" if settings.database_migrate_url else "DATABASE_URL"
    with connect(url or "", named_by) as owner:
        app_role = str(conninfo_to_dict(settings.database_url or "").get("user") or APP_ROLE)
        return migrate(owner, APP_ROLE if app_role == owner.info.user else app_role)


def _difference(connection: psycopg.Connection[Any]) -> str | None:
    """Why the database does not fit this code, as its run-time role finds it; None when it does."""
    try:
        rows = connection.execute(SCHEMA_QUERY).fetchall()
        changed = parts_changed(connection)
    except psycopg.errors.UndefinedTable:
        rows, changed = [], []
    except psycopg.errors.InsufficientPrivilege:
        raise StartRefusal(
            f"The role {connection.info.user} may not read the schema: run `throughline migrate` with "
            "DATABASE_MIGRATE_URL set, which gives it its rights."
        ) from None
    if fault := schema_difference(rows):
        return fault
    if changed:
        return f"The database has another version's {', '.join(changed)}: run `throughline migrate` with this one."
    return None
