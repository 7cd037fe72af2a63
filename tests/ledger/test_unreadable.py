"""A stored fact that cannot be read spoils its own stream and nothing else."""

import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.questions import RowsQuestion
from service.ledger.refusals import Unreadable
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, note

pytestmark = pytest.mark.anyio

SPOILS = {
    "a byte of the sealed structure": "structure = set_byte(structure, 20, (get_byte(structure, 20) + 1) % 256)",
    "a byte of the sealed words": "words = set_byte(words, 20, (get_byte(words, 20) + 1) % 256)",
    "the envelope's JSON": "envelope = substring(envelope for 16) || '{]'::bytea",
    "the type's name": "envelope = substring(envelope for 16) || "
    "convert_to(replace(convert_from(substring(envelope from 17), 'UTF8'), 'note.recorded', 'note.unheard'), 'UTF8')",
}


@pytest.mark.parametrize("spoiling", SPOILS.values(), ids=SPOILS)
async def test_F16_one_spoilt_fact_spoils_one_stream(
    ledger: Ledger, noor: Identity, database: Database, opening: Opening, spoiling: str
) -> None:
    spoilt, sound = await a_deal(ledger, noor), await a_deal(ledger, noor)
    await note(ledger, noor, spoilt, "This will be spoilt")
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(f"UPDATE event SET {spoiling} WHERE type = 'note.recorded'")
    async with opening() as restarted:
        with pytest.raises(Unreadable) as told:
            await restarted.history(noor, spoilt)
        assert told.value.version == 2
        assert "This will be spoilt" not in str(told.value)
        with pytest.raises(Unreadable):
            await note(restarted, noor, spoilt, "More")
        answer = await note(restarted, noor, sound, "Goes on")
        assert answer.stream_version == 2
        assert (await restarted.history(noor, sound)).version == 2
        page = await restarted.rows(noor, RowsQuestion(kind="deal"))
        assert len(page.rows) == 2
