"""The database as the service meets it: its version, schema, rights, clock and keys. Nothing is migrated or made."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from service.database import refuse_powerful_role
from service.doctor.finding import Finding, fault, ok, warning
from service.faults import StartRefusal
from service.ledger.keys import wrapping_context
from service.ledger.log_keys import key_context
from service.ledger.store import statement
from service.ledger.watch import skew_s
from service.masterkey import MasterKey, WrappedKeyUnreadable, given
from service.migrate import SCHEMA_QUERY, parts_changed, schema_difference
from service.settings import Settings

Connection = psycopg.Connection[Any]

# Positions give the order, so that a clock only spoils the times that are told: a second is nobody's promise.
SKEW_TOLD_S, SKEW_MAX_S = 1.0, 60.0
# Keys that are opened without --deep: enough to tell a wrong master key, and the newest kind of content.
KEYS_TRIED = 200

_RIGHTS = statement("doctor_rights")
_KEYS = statement("doctor_keys")
_LOG_KEYS = statement("log_keys")


def schema(connection: Connection) -> Iterator[Finding]:
    """Server version, migrations and functions."""
    number = connection.info.server_version
    yield ok("PostgreSQL", f"Version {number // 10_000}.{number % 10_000} answers.")
    try:
        rows = connection.execute(SCHEMA_QUERY).fetchall()
        changed = parts_changed(connection)
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
        connection.rollback()
        said = f"The database has no schema that the role {connection.info.user} may read."
        yield fault("schema", said, "Run `throughline migrate` with DATABASE_MIGRATE_URL set.")
        return
    if difference := schema_difference(rows):
        yield fault("schema", difference, "Run the version that the database fits, or `throughline migrate`.")
    elif changed:
        said = f"These parts are another version's: {', '.join(changed)}."
        yield fault("schema", said, "Run `throughline migrate` with this version.")
    else:
        yield ok("schema", f"It is at migration {len(rows)}, which is the one of this version.")


def rights(connection: Connection) -> Iterator[Finding]:
    """The run-time role can do what it must, and nothing that changes what was recorded."""
    try:
        refuse_powerful_role(connection)
    except StartRefusal as refusal:
        yield fault("rights", str(refusal), "Give DATABASE_URL the run-time role alone.")
        return
    remedy = "Run `throughline migrate` with the role that owns the tables: it gives the rights anew."
    wrong = [said for (said,) in connection.execute(_RIGHTS.encode())]
    for said in wrong:
        yield fault("rights", said, remedy)
    if not wrong:
        yield ok("rights", "The run-time role reads and calls functions, and can change no fact.")


def clock(connection: Connection) -> Finding:
    """This machine's clock against the database's."""
    before = datetime.now(UTC)
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    skew = skew_s(before, row[0], datetime.now(UTC))
    said = f"This machine's clock is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the database's."
    remedy = "Let both machines follow a time server (chrony, systemd-timesyncd)."
    if abs(skew) > SKEW_MAX_S:
        return fault("clock", said, remedy)
    if abs(skew) > SKEW_TOLD_S:
        return warning("clock", said, remedy)
    return ok("clock", f"This machine's clock and the database's agree within {SKEW_TOLD_S:g} s.")


def master_key(connection: Connection, settings: Settings) -> tuple[MasterKey | None, Finding]:
    """The key that the settings name, if it is the one that sealed this database."""
    remedy = "Put back the key of the first start: without it nothing can be read, and no other will do."
    try:
        return given(settings, connection), ok("master key", "It is the one that this data was sealed with.")
    except StartRefusal as refusal:
        return None, fault("master key", str(refusal), remedy)


def keys(connection: Connection, workspace: UUID, master: MasterKey, *, deep: bool) -> Finding:
    """Whether the master key opens the keys of one workspace's content and of its signatures."""
    question = {"workspace": workspace, "limit": None if deep else KEYS_TRIED}
    tried = connection.execute(_KEYS.encode(), question).fetchall()
    signing = connection.execute(_LOG_KEYS.encode(), question).fetchall()
    shut = sum(not _opens(master, wrapped, wrapping_context(workspace, key_id)) for key_id, wrapped in tried)
    shut += sum(not _opens(master, row[2], key_context(workspace, row[0])) for row in signing)
    said = f"{len(tried) + len(signing) - shut} of {len(tried) + len(signing)} keys of workspace {workspace} open."
    if shut:
        return fault("keys", said, "Restore the table content_key or log_key from a backup: the rest is not affected.")
    return ok("keys", said)


def _opens(master: MasterKey, wrapped: bytes, context: bytes) -> bool:
    try:
        master.unwrap(wrapped, context)
    except WrappedKeyUnreadable:
        return False
    return True
