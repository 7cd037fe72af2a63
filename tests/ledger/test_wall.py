"""The second wall: what the run-time role gets from the database when the code before it forgets what it should not."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.store import ENTER, Store, fetch
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, member, note

pytestmark = pytest.mark.anyio

ALL_WALLED = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""


@pytest.fixture
async def theirs(ledger: Ledger, noor: Identity) -> UUID:
    """Another workspace with facts in it, beside Noor's."""
    await a_deal(ledger, noor)
    other = uuid4()
    await ledger.create_workspace(other, "Somebody else's deals")
    await a_deal(ledger, member(other))
    return other


@pytest.fixture
def runtime(database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The run-time role, talking to PostgreSQL by itself."""
    with psycopg.connect(database.app, autocommit=True) as connection:
        yield connection


def tables(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    return [str(name) for (name,) in connection.execute(ALL_WALLED).fetchall()]


def rows(connection: psycopg.Connection[tuple[object, ...]], table: str) -> set[object]:
    found = connection.execute(f"SELECT workspace_id FROM {table}".encode()).fetchall()
    return {workspace for (workspace,) in found}


async def test_A26_every_table_with_workspaces_is_walled(
    runtime: psycopg.Connection[tuple[object, ...]], theirs: UUID
) -> None:
    assert {"event", "stream", "workspace", "credential", "content_key", "participation"} <= set(tables(runtime))
    bare = "SELECT relname FROM pg_class WHERE relname = ANY (%s) AND NOT (relrowsecurity AND relkind = 'r')"
    assert runtime.execute(bare, (tables(runtime),)).fetchall() == []


async def test_A26_who_entered_no_workspace_reads_nothing(
    runtime: psycopg.Connection[tuple[object, ...]], theirs: UUID
) -> None:
    for table in tables(runtime):
        assert rows(runtime, table) == set(), table
    runtime.execute("SELECT set_config('throughline.workspace', '', false)")
    for table in tables(runtime):
        assert rows(runtime, table) == set(), table


async def test_A26_who_entered_one_reads_that_one_and_only_until_the_transaction_ends(
    runtime: psycopg.Connection[tuple[object, ...]], noor: Identity, theirs: UUID
) -> None:
    with runtime.transaction():
        runtime.execute(ENTER.encode(), {"workspace": str(noor.workspace_id)})
        for table in ("workspace", "event", "stream", "content_key", "participation"):
            assert rows(runtime, table) == {noor.workspace_id}, table
        named = "SELECT count(*) FROM event WHERE workspace_id = %s"
        assert runtime.execute(named, (theirs,)).fetchone() == (0,)
        tricked = "SELECT count(*) FROM event e JOIN stream s USING (stream_id) WHERE true OR e.workspace_id = %s"
        assert runtime.execute(tricked, (theirs,)).fetchone() == (1,)
    assert rows(runtime, "event") == set()
    with runtime.pipeline():
        runtime.execute(ENTER.encode(), {"workspace": str(noor.workspace_id)})
    assert rows(runtime, "event") == set()


async def test_A26_a_statement_that_forgets_its_clause_reads_the_caller_s_workspace_alone(
    database: Database, noor: Identity, theirs: UUID
) -> None:
    store = Store(database.app, 3)
    await store.open()
    try:
        forgetful = "SELECT DISTINCT workspace_id FROM event"
        for entered in (noor.workspace_id, theirs, noor.workspace_id):
            assert await store.read(forgetful, {"workspace": entered}) == [(entered,)]
            assert await store.read(forgetful, {}) == []
        async with store.connection() as connection, connection.transaction():
            assert await fetch(connection, forgetful, {"workspace": theirs}) == [(theirs,)]
        assert await store.read(forgetful, {}) == []
    finally:
        await store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE throughline_owner",
        "SET SESSION AUTHORIZATION throughline_owner",
        "ALTER TABLE event DISABLE ROW LEVEL SECURITY",
        "DROP POLICY entered ON event",
        "CREATE POLICY all_of_it ON event USING (true)",
        "ALTER ROLE throughline_app BYPASSRLS",
        "GRANT throughline_owner TO throughline_app",
        "CREATE TABLE mine (id integer)",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION read_head(uuid) OWNER TO throughline_app",
        "DROP TABLE event",
        "TRUNCATE event",
        "UPDATE event SET type = 'note.recorded'",
        "DELETE FROM event",
        "INSERT INTO event (workspace_id) VALUES (gen_random_uuid())",
        "UPDATE workspace SET next_position = 0",
        "UPDATE credential SET role = 'owner'",
        "INSERT INTO credential (workspace_id) VALUES (gen_random_uuid())",
        "DELETE FROM content_key",
        "COPY event TO PROGRAM 'cat'",
        "COPY event FROM PROGRAM 'cat'",
        "COPY event TO '/dev/null'",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT * FROM pg_authid",
    ],
)
async def test_A27_the_run_time_role_is_refused(
    runtime: psycopg.Connection[tuple[object, ...]], theirs: UUID, statement: str
) -> None:
    with pytest.raises(
        (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue, psycopg.errors.SyntaxError)
    ):
        runtime.execute(statement.encode())


async def test_A26_row_security_cannot_be_turned_off(
    runtime: psycopg.Connection[tuple[object, ...]], theirs: UUID
) -> None:
    runtime.execute("SET row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        runtime.execute("SELECT * FROM event")


async def test_two_workspaces_over_one_connection_never_mix(opening: Opening, noor: Identity, theirs: UUID) -> None:
    async with opening() as ledger:
        for _ in range(3):
            for who in (noor, member(theirs)):
                stream_id = await a_deal(ledger, who)
                await note(ledger, who, stream_id, "Ours")
                assert (await ledger.history(who, stream_id)).version == 2


async def test_what_fails_inside_a_workspace_leaves_the_connection_as_good_as_it_was(
    database: Database, noor: Identity, theirs: UUID
) -> None:
    store, count = Store(database.app, 3), "SELECT count(*) FROM event WHERE workspace_id = %(workspace)s"
    await store.open()
    try:
        for _ in range(4):
            with pytest.raises(psycopg.errors.DivisionByZero):
                await store.read(count + " AND 1 / (position - position) = 1", {"workspace": theirs})
            with pytest.raises(psycopg.errors.UndefinedColumn):
                await store.read(count + " AND nothing = 1", {"workspace": theirs})
            for _ in range(4):
                assert await store.read(count, {"workspace": theirs}) == [(1,)]
    finally:
        await store.close()
