"""What lists and their rows cost: a page reads little more than its own rows, and a fact touches no list's index."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.questions import After, RowsQuestion
from service.ledger.row_queries import page_query
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, member, note, proposal

pytestmark = pytest.mark.anyio

STREAMS = 20_000
PAGE = 50
ROWS_READ_MAX = 1_000  # a page, and the rest of the stretch of ten minutes that it ends in

MANY_STREAMS = """
    INSERT INTO stream (workspace_id, stream_id, kind, version, last_leaf, opened_at, last_event_at, dues)
    SELECT %(workspace)s, gen_random_uuid(), 'deal', 1, sha256('leaf'), %(now)s::timestamptz - n * interval '3 min',
           %(now)s::timestamptz - n * interval '1 min', ARRAY[%(now)s::timestamptz + n * interval '1 h']
      FROM generate_series(1, %(streams)s) AS n
"""
EVERY_FACT_CHANGES = {"version", "last_leaf", "last_event_at", "updated_at"}


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", ["last_event", "opened"])
async def test_a_page_reads_its_own_rows_and_not_every_stream(database: Database, sort: Any, descending: bool) -> None:
    who, now = member(uuid4()), datetime(2026, 6, 1, tzinfo=UTC)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute(MANY_STREAMS, {"workspace": who.workspace_id, "now": now, "streams": STREAMS})
        owner.execute("ANALYZE stream")
        for after in (None, After(now - timedelta(days=7), UUID(int=0), 0)):
            question = RowsQuestion(kind="deal", sort=sort, descending=descending, after=after)
            sql, parameters = page_query(who, question, after, PAGE, now)
            found = owner.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters).fetchone()
            assert found is not None
            assert 0 < _rows_read(found[0][0]["Plan"]) < ROWS_READ_MAX, (sort, after)


def _rows_read(node: dict[str, Any]) -> float:
    own = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) if node.get("Relation Name") == "stream" else 0
    return float(own + sum(map(_rows_read, node.get("Plans", ()))))


@pytest.mark.parametrize("chosen", [{}, {"sort": "next_due"}, {"party": UUID(int=7)}, {"sort": "opened"}])
async def test_keys_and_summaries_are_looked_up_for_the_rows_of_the_page_alone(
    database: Database, chosen: dict[str, Any]
) -> None:
    """Also when all that is asked for has to be sorted, as what was recorded within ten minutes is."""
    who, now = member(uuid4()), datetime(2026, 6, 1, tzinfo=UTC)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute(MANY_STREAMS, {"workspace": who.workspace_id, "now": now, "streams": STREAMS})
        together = {"now": now, "party": [UUID(int=7)]}
        owner.execute("UPDATE stream SET last_event_at = %(now)s, parties = %(party)s", together)
        owner.execute("ANALYZE stream")
        sql, parameters = page_query(who, RowsQuestion(kind="deal", **chosen), None, PAGE, now)
        found = owner.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", parameters).fetchone()
    assert found is not None
    asked = list(_look_ups(found[0][0]["Plan"]))
    assert asked
    assert max(asked) <= PAGE


def _look_ups(node: dict[str, Any]) -> Iterator[int]:
    """How often each of the tables beside the streams was asked."""
    if node.get("Relation Name") in {"content_key", "summary", "summarised"}:
        yield node["Actual Loops"]
    for below in node.get("Plans", ()):
        yield from _look_ups(below)


async def test_what_every_fact_changes_is_in_no_index(database: Database) -> None:
    with psycopg.connect(database.owner) as owner:
        indexed = owner.execute(
            """SELECT DISTINCT a.attname FROM pg_index i JOIN pg_depend d ON d.objid = i.indexrelid
                 JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                WHERE i.indrelid = 'stream'::regclass AND d.refobjid = 'stream'::regclass"""
        ).fetchall()
    names = {name for (name,) in indexed}
    assert {"stream_id", "last_event_in", "dues", "attention_at"} <= names
    assert not names & EVERY_FACT_CHANGES


async def test_a_row_that_another_process_wrote_is_written_again(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    deal = await a_deal(ledger, noor)
    question = RowsQuestion(kind="deal")
    async with opening() as other:
        for turn, writing in enumerate([ledger, ledger, other, ledger, other, other, ledger]):
            stage = ("deciding", "active_looking", "passive_looking")[turn % 3]
            fact = proposal("stage.entered", at=f"2026-04-0{turn + 1}T09:00:00Z", stage=stage)
            if turn not in (1, 5):  # then only the time of the last event moves
                await writing.append(noor, deal, [fact], opens=False)
            await note(writing, noor, deal, f"Turn {turn}")
            now = await ledger.position(noor)
            derived = (await ledger.rows(noor, question)).rows
            assert derived == (await ledger.rows(noor, msgspec.structs.replace(question, known_at=now))).rows
            assert derived[0].stream_version == now
