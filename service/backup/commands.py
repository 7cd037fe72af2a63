"""The two commands: take a backup while the service runs, and restore one into an empty database."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import psycopg
from psycopg.conninfo import conninfo_to_dict

from service import __version__, masterkey
from service.backup.manifest import DUMP, Log, Manifest, digest_of, read, write
from service.backup.programs import run
from service.database import connect
from service.doctor.log import log as look_at_log
from service.erasures import erase_again
from service.faults import StartRefusal
from service.ledger.store import statement
from service.migrate import expected_schema, migrate
from service.postgres import APP_ROLE, Addresses, own_postgres
from service.settings import Settings, read_settings

_WORKSPACES = statement("workspaces")
_TREE_HEAD = statement("tree_head")
_ENTER = "SELECT set_config('throughline.workspace', %s, false)"
_SIZE = "SELECT count(*) FROM schema_migration"
_TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"

Connection = psycopg.Connection[Any]


@contextmanager
def both_roles(settings: Settings, *, purpose: str) -> Iterator[Addresses]:
    """The database by the addresses of both roles; our own server is started for the while when no service runs it."""
    if settings.own_server:
        with own_postgres(settings.data, purpose=purpose) as addresses:
            yield addresses
    elif settings.database_url and settings.database_migrate_url:
        yield Addresses(app=settings.database_url, owner=settings.database_migrate_url)
    else:
        raise StartRefusal("DATABASE_MIGRATE_URL is not set: a backup is read and restored by the role that owns all.")


@click.command("backup")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), required=False)
def backup(folder: Path | None) -> None:
    """Copy the database into a new folder inside FOLDER (else THROUGHLINE_BACKUPS). The service may go on meanwhile.

    The master key and the journal of erasures are not in it: keep them elsewhere, and never beside it.
    """
    settings = read_settings(os.environ)
    inside = folder or settings.backups
    if inside is None:
        raise StartRefusal("Name a folder, or set THROUGHLINE_BACKUPS.")
    with both_roles(settings, purpose="backup") as addresses:
        made, manifest = take(addresses, inside.absolute())
    click.echo(f"{made}: {manifest.facts} facts in {len(manifest.logs)} workspaces")


def take(addresses: Addresses, inside: Path) -> tuple[Path, Manifest]:
    """A backup in a new folder, and what it says of itself."""
    now = datetime.now(UTC)
    place = inside / f"throughline-{now:%Y%m%dT%H%M%S.%fZ}"
    try:
        place.mkdir(parents=True, mode=0o700)
    except OSError as fault:
        raise StartRefusal(f"{place} cannot be made ({os.strerror(fault.errno or 0)}).") from None
    with connect(addresses.app, "the database") as connection:
        logs = sizes(connection)
        (migrations,) = connection.execute(_SIZE).fetchone() or (0,)
    dump = place / DUMP
    try:
        run("pg_dump", addresses.owner, "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}")
    except StartRefusal:
        shutil.rmtree(place, ignore_errors=True)  # a part of a backup is none
        raise
    dump.chmod(0o600)
    manifest = Manifest(now, __version__, migrations, digest_of(dump), logs)
    write(place, manifest)
    return place, manifest


def sizes(connection: Connection) -> list[Log]:
    """Each workspace's log as it is now, with its newest checkpoint."""
    found = []
    for workspace, _, size in connection.execute(_WORKSPACES.encode()).fetchall():
        connection.execute(_ENTER, (str(workspace),))
        heads = connection.execute(_TREE_HEAD.encode(), {"workspace": workspace}).fetchall()
        found.append(Log(workspace, size, heads[0][1] if heads else None))
    return found


@click.command("restore")
@click.argument("backup", type=click.Path(exists=True, file_okay=False, path_type=Path))
def restore(backup: Path) -> None:
    """Fill an empty database from BACKUP, erase again what was erased since, and check every log.

    The master key must be in its place before: the one that the data was sealed with.
    """
    settings = read_settings(os.environ)
    manifest = read(backup)
    dump = backup.absolute() / DUMP
    if not dump.exists() or digest_of(dump) != manifest.sha256:
        raise StartRefusal(f"{dump} is missing, or is not the file that the backup was made with.")
    if manifest.migrations > len(expected_schema()):
        raise StartRefusal(f"The backup is of version {manifest.version}, which is newer: restore it with that one.")
    if not masterkey.is_given(settings):
        raise StartRefusal(f"The master key is missing: put master.key, as it was with the data, in {settings.data}.")
    with both_roles(settings, purpose="restore") as addresses:
        fill(addresses, dump)
        with connect(addresses.app, "the database") as connection:
            key = masterkey.given(settings, connection)
        again = erase_again(addresses.app, key, settings)
        with connect(addresses.app, "the database") as connection:
            check(connection, manifest)
    if settings.erasure_journal is None:
        click.echo("THROUGHLINE_ERASURE_JOURNAL is not set: what was erased since the backup is there again.", err=True)
    click.echo(f"restored: {manifest.facts} facts in {len(manifest.logs)} workspaces; erased again: {again}")


def fill(addresses: Addresses, dump: Path) -> None:
    """Restore the dump, all of it or nothing, and bring it to this version with the rights of these roles."""
    with connect(addresses.owner, "the database") as owner:
        (tables,) = owner.execute(_TABLES).fetchone() or (0,)
        if tables:
            raise StartRefusal(
                f"The database is not empty ({tables} tables): restore into a new one, or move the data folder's "
                "`postgres` away first (keep master.key)."
            )
        run(
            "pg_restore",
            addresses.owner,
            "--exit-on-error",
            "--single-transaction",
            "--no-owner",
            "--no-privileges",
            f"--dbname={conninfo_to_dict(addresses.owner).get('dbname', '')}",
            str(dump),
        )
        owner.execute("DELETE FROM schema_part")  # so that functions and rights are made anew, for the role there is
        app_role = str(conninfo_to_dict(addresses.app).get("user") or APP_ROLE)
        migrate(owner, app_role)


def check(connection: Connection, manifest: Manifest) -> None:
    """Raises `StartRefusal` when a log is shorter than the backup said, or is not what was signed."""
    there = {one.workspace_id: one.size for one in sizes(connection)}
    wrong = [
        f"Workspace {log.workspace_id} has {there.get(log.workspace_id, 0)} facts instead of {log.size}."
        for log in manifest.logs
        if there.get(log.workspace_id, 0) < log.size
    ]
    for workspace, size in there.items():
        connection.execute(_ENTER, (str(workspace),))
        wrong += [
            finding.said for finding in look_at_log(connection, workspace, size, deep=True) if finding.state == "fault"
        ]
    if wrong:
        raise StartRefusal("The backup was restored, but is not whole:", *wrong)
