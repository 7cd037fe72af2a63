"""Leaf and chain: recomputed here from the stored bytes alone, in other words than the database's."""

import json
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import rfc8785

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from tests.conftest import Database
from tests.ledger.conftest import a_deal, note, noted

pytestmark = pytest.mark.anyio


def leaf(row: dict[str, Any], previous: bytes) -> bytes:
    """The leaf as the documentation defines it, by an RFC 8785 library instead of string building."""
    content = {
        "stream_id": f"{row['kind']}/{row['stream_id']}",
        "version": row["version"],
        "previous": previous.hex(),
        "recorded_at": row["recorded_at"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "envelope": sha256(row["envelope"]).hexdigest(),
        "structure": row["structure_digest"].hex(),
        "words": (row["words_digest"] or b"").hex(),
    }
    return sha256(b"\x00" + rfc8785.dumps(content)).digest()


def stored(database: Database) -> list[dict[str, Any]]:
    with psycopg.connect(database.owner, row_factory=psycopg.rows.dict_row, options="-c timezone=UTC") as connection:
        return connection.execute(
            "SELECT e.*, s.kind, s.last_leaf, s.version AS stream_version FROM event e JOIN stream s "
            "USING (workspace_id, stream_id) ORDER BY e.position"
        ).fetchall()


async def test_every_leaf_binds_its_fact_and_the_one_before(ledger: Ledger, noor: Identity, database: Database) -> None:
    deals = [await a_deal(ledger, noor), await a_deal(ledger, noor)]
    for deal in deals:
        await ledger.append(noor, deal, [noted("One"), noted("Two")], opens=False)
        await note(ledger, noor, deal, "Three")
    last: dict[Any, bytes] = {}
    rows = stored(database)
    for row in rows:
        assert row["leaf"] == leaf(row, last.get(row["stream_id"], b""))
        last[row["stream_id"]] = row["leaf"]
    for row in rows:
        assert last[row["stream_id"]] == row["last_leaf"]
        assert row["stream_version"] == 4


async def test_the_envelope_is_canonical_and_its_salt_differs_each_time(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    deal = await a_deal(ledger, noor)
    await ledger.append(noor, deal, [noted("Same"), noted("Same")], opens=False)
    rows = stored(database)
    for row in rows:
        envelope = row["envelope"][16:]
        assert rfc8785.dumps(json.loads(envelope)) == envelope
    assert len({row["envelope"][:16] for row in rows}) == 3
    assert len({row["words_digest"] for row in rows}) == 3


async def test_words_are_nowhere_in_the_database_in_the_clear(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    secret = f"unheard-of-{uuid4().hex}"
    deal = await a_deal(ledger, noor, title=secret, customer=secret)
    await note(ledger, noor, deal, secret)
    with psycopg.connect(database.owner) as connection:
        for table in ("workspace", "event", "stream", "participation", "content_key", "credential"):
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t").fetchall():
                assert secret not in row
                assert secret.encode().hex() not in row
