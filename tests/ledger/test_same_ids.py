"""Two workspaces may choose the same ids: neither reads, spoils or finds anything of the other."""

from uuid import UUID, uuid4

import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.questions import RowsQuestion
from tests.ledger.conftest import Opening, member, note, opened

pytestmark = pytest.mark.anyio


async def test_equal_stream_ids_in_two_workspaces_have_keys_of_their_own(opening: Opening) -> None:
    deal, who = f"deal/{uuid4()}", [member(uuid4()), member(uuid4())]
    async with opening() as ledger:
        for number, identity in enumerate(who):
            await ledger.create_workspace(identity.workspace_id, f"Workspace {number}")
            await ledger.append(identity, deal, [opened(f"Title {number}")], opens=True)
    async with opening() as restarted:  # with one stream's key at hand, the other's is not taken for it
        for number, identity in enumerate(who):
            await note(restarted, identity, deal, f"Note {number}")
    async with opening() as again:
        for number, identity in enumerate(reversed(who)):
            await _holds(again, identity, deal, 1 - number)


async def _holds(ledger: Ledger, identity: Identity, deal: str, number: int) -> None:
    told = (await ledger.history(identity, deal)).records
    assert [record.fact.type for record in told] == ["deal.opened", "note.recorded"]
    assert told[0].fact.data.title == f"Title {number}"
    assert told[1].fact.data.text == f"Note {number}"
    (row,) = (await ledger.rows(identity, RowsQuestion(kind="deal"))).rows
    assert (row.id, row.title) == (str(UUID(deal.partition("/")[2])), f"Title {number}")
