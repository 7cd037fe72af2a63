"""What an import does when the ledger does not answer. The ledger's real answers are tested with the process."""

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest

from service.faults import StartRefusal
from service.imports import taking
from service.imports.faults import NotTaken
from service.imports.taking import ATTEMPTS_MAX, Import, importer
from service.ledger.ledger import Ledger
from service.ledger.refusals import StoreUnavailable
from tests.cli.exports import FIXTURES, planned

WORKSPACE = UUID("0190c5a0-7b1e-7000-8000-000000000001")


class Silent:
    """A ledger whose database never answers; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    async def append(self, *_: Any, **__: Any) -> None:
        self.asked += 1
        unavailable = StoreUnavailable("no answer within the deadline")
        unavailable.retry_after_s = 0
        raise unavailable


def test_a_database_that_never_answers_ends_the_import_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "ROWS_AT_ONCE", 1)
    ledger = Silent()
    told: list[NotTaken] = []
    work = Import(cast("Ledger", ledger), importer(WORKSPACE, "office"), (), told.append)
    with pytest.raises(StartRefusal, match=r"did not answer 10 times in a row, last for line 2: run the same command"):
        asyncio.run(work.take(iter(planned(FIXTURES / "pipeline.csv"))))
    assert (ledger.asked, work.counts.facts, told) == (ATTEMPTS_MAX, 0, [])


def test_the_importer_is_one_party_per_source_and_workspace() -> None:
    parties = {importer(UUID(int=at), source).caller.party_id for at in (1, 2) for source in ("one", "other")}
    assert len(parties) == 4
    assert importer(WORKSPACE, "one") == importer(WORKSPACE, "one")


def test_a_bad_row_among_the_rows_is_counted_and_told() -> None:
    told: list[NotTaken] = []
    work = Import(cast("Ledger", Silent()), importer(WORKSPACE, "office"), (), told.append)
    bad = NotTaken(2, None, "The row has 9 cells where the header has 10.", "As many cells as the header has.")
    asyncio.run(work.take(iter([bad])))
    assert (work.counts.rows, work.counts.not_taken, told) == (1, 1, [bad])
