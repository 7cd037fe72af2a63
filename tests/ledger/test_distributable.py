"""The schema keeps the rules under which its tables spread over several servers: every key, every statement.

What a statement does is asked of PostgreSQL itself: in its plan each read of a table that has workspaces must be held
to the workspace of the question, directly or through the join that leads there.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.pq import TransactionStatus

from domain.facts import Caller
from service.ledger.credentials import Identity
from service.ledger.people import _people_query
from service.ledger.questions import After, PartiesQuestion, RowsQuestion
from service.ledger.row_queries import page_query
from tests.conftest import Server, _database
from tests.running import ROOT

SQL = [ROOT / "service" / "ledger" / "sql", ROOT / "service" / "eventsourcing" / "sql"]
OF_THE_SERVER = {"keyring", "schema_migration", "schema_part"}
"""Tables about the whole database. They hold a row or a row a migration, and stay where the service connects to."""
OVER_ALL = {
    "checkpoint_lag.sql",
    "list_trees_behind.sql",
    "list_webhooks.sql",
    "list_webhooks_due.sql",
    "list_workspaces.sql",
    "webhook_lag.sql",
}
"""The functions through which jobs learn of workspaces: nothing else looks beyond one."""

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def owner(server: Server, template: str) -> Iterator[Connection]:
    """The role that owns the tables: no row security hides from it what a statement forgets."""
    with (
        contextmanager(_database)(server, template) as database,
        psycopg.connect(database.owner, autocommit=True) as connection,
    ):
        yield connection


def walled(connection: Connection) -> set[str]:
    """The tables that have workspaces."""
    found = connection.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
    )
    return {name for (name,) in found}


# -- keys


def test_every_table_has_workspaces_and_every_unique_key_begins_with_them(owner: Connection) -> None:
    ours = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'c')"
    tables = {name for (name,) in owner.execute(ours)}
    assert tables - walled(owner) == OF_THE_SERVER
    keys = owner.execute(
        "SELECT c.relname, i.indisprimary, pg_get_indexdef(i.indexrelid, 1, true) FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND i.indisunique"
    ).fetchall()
    assert {name for name, primary, _ in keys if primary} == tables
    assert {(name, first) for name, _, first in keys if first != "workspace_id"} <= {
        ("keyring", "id"),
        ("schema_migration", "number"),
        ("schema_part", "name"),
    }
    types = "SELECT DISTINCT format_type(atttypid, atttypmod), attnotnull FROM pg_attribute WHERE attname = %s "
    assert owner.execute(
        types + "AND attrelid::regclass::text = ANY (%s)", ("workspace_id", list(tables))
    ).fetchall() == [("uuid", True)]


def test_nothing_reaches_across_workspaces(owner: Connection) -> None:
    """No foreign key (it would have to hold the workspace and be spread with it), no sequence, trigger or rule."""
    assert owner.execute("SELECT conname FROM pg_constraint WHERE contype = 'f'").fetchall() == []
    assert owner.execute("SELECT relname FROM pg_class WHERE relkind = 'S'").fetchall() == []
    assert owner.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").fetchall() == []
    assert owner.execute("SELECT attname FROM pg_attribute WHERE attidentity <> ''").fetchall() == []
    exclusion = "SELECT conname FROM pg_constraint WHERE contype = 'x'"
    assert owner.execute(exclusion).fetchall() == []


# -- statements, judged by their plans


def statements() -> list[Path]:
    """Every file that holds a statement of its own, functions and migrations apart."""
    return sorted([*(SQL[0] / "statements").glob("*.sql"), *SQL[1].glob("*.sql")])


def planned(connection: Connection, sql: str) -> dict[str, Any]:
    """The plan of a statement with parameters, whatever their values."""
    numbers: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return numbers.setdefault(found[1] or str(found.start()), f"${len(numbers) + 1}")

    text = re.sub(r"%\((\w+)\)[sbt]|%s", numbered, sql).replace("%%", "%")
    answer = connection.execute(f"EXPLAIN (GENERIC_PLAN, VERBOSE, FORMAT JSON) {text}".encode()).fetchone()
    assert answer is not None
    plan: dict[str, Any] = answer[0][0]["Plan"]
    return plan


def nodes(plan: dict[str, Any], above: str = "") -> Iterator[tuple[dict[str, Any], str]]:
    """Every node of a plan, and what the nodes above it are held to."""
    yield plan, above
    for inner in plan.get("Plans", []):
        yield from nodes(inner, above + str(plan.get("Filter", "")))


def unheld(plan: dict[str, Any], tables: set[str]) -> list[str]:
    """The tables in a plan that are read without being held to a workspace."""
    return [
        f"{node['Relation Name']} as {node['Alias']}"
        for node, above in nodes(plan)
        if node.get("Relation Name") in tables
        and not re.search(r"\bworkspace_id = |= (\w+\.)?workspace_id\b", conditions(node))
        and not re.search(r"\bworkspace_id = \(hashed", above)
    ]


def conditions(node: dict[str, Any]) -> str:
    """What a read is held to, by itself or by the indexes below it."""
    own = [str(node.get(part, "")) for part in ("Index Cond", "Recheck Cond", "Filter")]
    return " ".join(own + [str(inner.get("Index Cond", "")) for inner in node.get("Plans", [])])


def assert_held(connection: Connection, sql: str) -> int:
    """Every read of a walled table names the workspace; how many reads that were."""
    tables = walled(connection)
    # An empty table would be read whole, and put into a hash, whatever is asked: neither shows what it is held to.
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL enable_hashjoin = off")
        connection.execute("SET LOCAL enable_mergejoin = off")
        plan = planned(connection, sql)
    assert unheld(plan, tables) == [], sql
    return sum(node.get("Relation Name") in tables for node, _ in nodes(plan))


@pytest.mark.parametrize("file", statements(), ids=lambda file: file.stem)
def test_a_statement_holds_every_table_to_the_workspace(owner: Connection, file: Path) -> None:
    sql = file.read_text("utf-8").replace("{direction}", "ASC")
    assert owner.info.transaction_status is TransactionStatus.IDLE
    reads = assert_held(owner, sql)
    named = sum(bool(re.search(rf"\b(FROM|JOIN) {table}\b", sql)) for table in walled(owner))
    assert reads >= named


def test_a_statement_that_forgets_is_found(owner: Connection) -> None:
    forgetful = [
        "SELECT * FROM event e WHERE e.event_id = %(event)s",
        "SELECT * FROM event e JOIN stream s USING (stream_id) WHERE e.workspace_id = %(workspace)s",
        "SELECT 1 FROM stream s WHERE s.workspace_id = %(workspace)s AND EXISTS (SELECT FROM event)",
        "SELECT s.*, (SELECT max(position) FROM event) FROM stream s WHERE s.workspace_id = %(workspace)s",
    ]
    for sql in forgetful:
        with pytest.raises(AssertionError):
            assert_held(owner, sql)


def test_what_is_put_together_for_lists_holds_every_table_to_the_workspace(owner: Connection) -> None:
    here, at, some = UUID(int=1), datetime(2030, 1, 1, tzinfo=UTC), UUID(int=2)
    callers = [
        Identity(here, some, Caller(some, "member"), "Key"),
        Identity(here, some, Caller(some, "auditor"), "Key"),
        Identity(here, some, Caller(some, "guest", stream_id=f"deal/{some}"), "Key"),
    ]
    questions = [
        msgspec.structs.replace(chosen, sort=sort)
        for sort in ("opened", "last_event", "next_due", "trust")
        for chosen in (
            RowsQuestion(kind="deal"),
            RowsQuestion(kind="goal", status="open", outcome="won", stage="deciding", updated_since=at),
            RowsQuestion(kind="deal", party=some, customer="A", signal="any"),
            RowsQuestion(kind="deal", signal="stage_slow"),
        )
    ]
    for identity, question, begun in product(callers, questions, (True, False)):
        after = After(0.5 if question.sort == "trust" else at, some, 1, at) if begun else None
        sql, _ = page_query(identity, question, after, 5, at, b"tag")
        assert assert_held(owner, sql) >= 3
    for identity in callers:
        for party in (PartiesQuestion(limit=5), PartiesQuestion(limit=5, party=some, after=some)):
            assert assert_held(owner, _people_query(identity, party)[0]) >= 3


# -- functions, and statements inside the code, judged by their words


def commands(text: str) -> Iterator[str]:
    """The commands of a function's body, roughly: what stands between semicolons, without comments."""
    body = re.sub(r"--.*", "", text).partition("$$")[2].rpartition("$$")[0]
    yield from (command for command in body.split(";") if command.strip())


def forgotten(command: str, tables: set[str]) -> list[str]:
    """Tables that a command reads or writes without saying which workspace."""
    found = []
    for verb, table, alias in re.findall(
        r"\b(FROM|JOIN|UPDATE|INTO|USING)\s+(\w+)(?:\s+(?:AS\s+)?(?!SET\b|WHERE\b|ON\b|VALUES\b|SELECT\b)(\w+))?",
        command,
    ):
        if table not in tables:
            continue
        name = alias or table
        named = (
            re.search(rf"INTO {table}[\w\s]*\(\s*workspace_id\b", command)
            if verb == "INTO"
            else re.search(rf"\b{name}\.workspace_id\b", command)
            or (verb == "UPDATE" and re.search(r"WHERE workspace_id = p_workspace\b", command))
        )
        if not named:
            found.append(f"{verb} {table}")
    return found


def test_every_function_names_the_workspace_of_every_table(owner: Connection) -> None:
    tables = walled(owner)
    for file in sorted((SQL[0] / "functions").glob("*.sql")):
        text = file.read_text("utf-8")
        assert ("p_workspace" not in text) == (file.name in OVER_ALL), file.name
        for command in commands(text):
            if file.name not in OVER_ALL:
                assert forgotten(command, tables) == [], f"{file.name}: {command}"
    assert forgotten("UPDATE stream s SET kind = 'deal' WHERE s.stream_id = p_stream", tables) == ["UPDATE stream"]
    assert forgotten("INSERT INTO tree AS t (size, workspace_id) SELECT 1, p_workspace", tables) == ["INTO tree"]
    assert forgotten("DELETE FROM summary u WHERE u.stream_id = p_target", tables) == ["FROM summary"]


def test_sql_inside_the_code_names_the_workspace(owner: Connection) -> None:
    tables, seen = walled(owner), 0
    for path in sorted((ROOT / "service").rglob("*.py")):
        for where, text in texts(ast.parse(path.read_text("utf-8"))):
            for table in re.findall(r"\b(?:FROM|JOIN|UPDATE|INTO)\s+([a-z_]+)\b", text):
                if table in tables and re.search(r"\bSELECT\b|\bJOIN\b|\bUPDATE\b|\bDELETE\b|\bINSERT\b", text):
                    seen += 1
                    assert "workspace_id" in text, f"{path.relative_to(ROOT)}:{where}"
    assert seen >= 4


def texts(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Every text of a module with its line; what is put into an f-string in braces is left out of it."""
    inside = {id(part) for node in ast.walk(module) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(module):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.lineno, node.value
