"""`throughline doctor`: runs every check in turn, says what is wrong and what to do; exit code 1 on a fault."""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click
import msgspec
import psycopg

from service import __version__
from service.database import connect
from service.doctor import contents, database, surroundings
from service.doctor.finding import Finding, fault, ok, skipped
from service.doctor.log import log
from service.faults import StartRefusal
from service.ledger.store import statement
from service.masterkey import MasterKey
from service.postgres import own_postgres
from service.settings import Settings, read_settings

_WORKSPACES = statement("workspaces")
_ENTER = "SELECT set_config('throughline.workspace', %s, false)"
_SIGNS = {"ok": "ok     ", "warning": "WARNING", "fault": "FAULT  ", "skipped": "-      "}

Connection = psycopg.Connection[Any]


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Look at every fact and open it, not only at the newest. Takes minutes.")
@click.option("--json", "as_json", is_flag=True, help="Tell it as JSON.")
def command(*, deep: bool, as_json: bool) -> None:
    """Check all that the service stands on. Changes nothing, and may run beside the service."""
    findings = []
    for finding in examine(deep=deep):
        findings.append(finding)
        if not as_json:
            click.echo(f"{_SIGNS[finding.state]} {finding.check}: {finding.said}")
            if finding.remedy:
                click.echo(f"        -> {finding.remedy}")
    well = not any(finding.state == "fault" for finding in findings)
    if as_json:
        click.echo(msgspec.json.encode({"well": well, "version": __version__, "findings": findings}))
    if not well:
        sys.exit(1)


def examine(*, deep: bool) -> Iterator[Finding]:
    """Every finding, in the order in which one rests on another."""
    try:
        settings = read_settings(os.environ)
    except StartRefusal as refusal:
        for sentence in refusal.sentences:
            yield fault("settings", sentence, "`throughline serve --help` lists what each setting takes.")
        return
    yield ok("settings", f"All can be read. This is version {__version__}.")
    yield from surroundings.data_folder(settings)
    yield surroundings.journal(settings)
    yield surroundings.backups(settings, datetime.now(UTC))
    if settings.own_server and not (settings.data / "postgres").is_dir():
        yield skipped("database", "There is none in the data folder yet: `throughline serve` makes it.")
        return
    try:
        yield from _on_database(settings, deep=deep)
    except StartRefusal as refusal:
        remedy = "Start PostgreSQL, or mend DATABASE_URL: the service answers 503 until then."
        yield fault("database", str(refusal), remedy)
    except psycopg.Error as failure:
        yield fault(
            "database", f"It failed while it was looked at ({type(failure).__name__}).", "See PostgreSQL's log."
        )


def _on_database(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    if settings.own_server:
        with own_postgres(settings.data, purpose="doctor") as addresses:
            yield from _connected(settings, addresses.app, "the own server", deep=deep)
    else:
        yield from _connected(settings, settings.database_url or "", "DATABASE_URL", deep=deep)


def _connected(settings: Settings, address: str, named_by: str, *, deep: bool) -> Iterator[Finding]:
    with connect(address, named_by) as connection:
        shape = list(database.schema(connection))
        yield from shape
        if any(finding.state == "fault" for finding in shape):
            yield skipped("log", "It is not looked at on a schema that is another's.")
            return
        yield from database.rights(connection)
        yield database.clock(connection)
        master, finding = database.master_key(connection, settings)
        yield finding
        for workspace, _, size in connection.execute(_WORKSPACES.encode()).fetchall():
            connection.execute(_ENTER, (str(workspace),))
            yield from _of_workspace(connection, settings, workspace, size, master, deep=deep)


def _of_workspace(
    connection: Connection, settings: Settings, workspace: UUID, size: int, master: MasterKey | None, *, deep: bool
) -> Iterator[Finding]:
    if master is not None:
        yield database.keys(connection, workspace, master, deep=deep)
    yield from log(connection, workspace, size, deep=deep)
    yield from contents.erasures(connection, settings, workspace)
    if deep and master is not None:
        yield contents.readable(connection, workspace, master)
