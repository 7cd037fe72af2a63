"""Prepared statements outlive what psycopg does to them behind a rollback."""

import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from tests.ledger.conftest import a_deal

pytestmark = pytest.mark.anyio


async def test_a_rollback_on_a_connection_takes_no_statement_from_the_next_reader(
    ledger: Ledger, noor: Identity
) -> None:
    await a_deal(ledger, noor)
    before = await ledger.position(noor)
    for _ in range(3):
        for _ in range(4):  # after so many psycopg has prepared it, and deallocates everything when it rolls back
            await ledger.credentials.page(noor.workspace_id)
        with pytest.raises(ZeroDivisionError):
            await fails(ledger)
        assert await ledger.position(noor) == before


async def fails(ledger: Ledger) -> None:
    async with ledger._store.connection() as connection, connection.transaction():
        raise ZeroDivisionError
