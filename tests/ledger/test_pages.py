"""What lies on the disk: never a word in the clear, and once erased and written anew, neither the seal nor its key."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from tests.conftest import Database
from tests.ledger.conftest import a_deal
from tests.ledger.test_erasing import SECRET, erase, joined, objection

pytestmark = pytest.mark.anyio

WRITTEN_ANEW = "VACUUM FULL event, content_key, stream, participation, credential, refusal"


def pages(connection: psycopg.Connection[tuple[Any, ...]]) -> bytes:
    """Every file of the database, as a thief of the disk would find them."""
    connection.execute("CHECKPOINT")
    row = connection.execute(
        "SELECT current_setting('data_directory'), oid::text FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    assert row is not None
    files = [one for one in (Path(row[0]) / "base" / row[1]).iterdir() if one.is_file()]
    assert len(files) > 100
    return b"".join(one.read_bytes() for one in files)


async def test_no_page_holds_what_was_erased(ledger: Ledger, noor: Identity, database: Database) -> None:
    stream_id = await a_deal(ledger, noor)
    stream, party = UUID(stream_id.partition("/")[2]), uuid4()
    await joined(ledger, noor, stream_id, party)
    await objection(ledger, noor, stream_id, party)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        events = connection.execute("SELECT structure, words FROM event WHERE stream_id = %s", [stream]).fetchall()
        keys = connection.execute("SELECT wrapped FROM content_key WHERE owner_id = %s", [stream]).fetchall()
        destroyed = [part for row in (*events, *keys) for part in row if part is not None]
        assert len(destroyed) > 4
        before = pages(connection)
        assert all(part in before for part in destroyed), "else nothing is looked at below"
        assert SECRET.encode() not in before
        await erase(ledger, noor, "stream", stream)
        connection.execute(WRITTEN_ANEW)
        after = pages(connection)
    assert not any(part in after for part in destroyed)
