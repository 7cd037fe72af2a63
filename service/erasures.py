"""`throughline restore-erasures`: does the erasures of the journal again on a database that is older than they are."""

import asyncio
import logging
import os

import click

from service.faults import StartRefusal
from service.ledger.erasing.journal import ErasureJournal
from service.ledger.ledger import Ledger
from service.ledger.refusals import LedgerRefusal
from service.masterkey import MasterKey
from service.settings import Settings, read_settings
from service.start import prepared

# The own server's folder is restored as a whole, by hand; another database has backups that nobody here hears of.
NO_JOURNAL = (
    "THROUGHLINE_ERASURE_JOURNAL is not set: once a backup of this database is restored, everything that was erased "
    "after it was made is there again, and nothing tells what that was"
)

log = logging.getLogger("throughline")


@click.command("restore-erasures")
def command() -> None:
    """Erase anew what was erased after the backup that was restored. `throughline serve` does the same at start."""
    settings = read_settings(os.environ)
    if settings.erasure_journal is None:
        raise StartRefusal("THROUGHLINE_ERASURE_JOURNAL is not set: there is nothing to read the erasures from.")
    with prepared(settings, purpose="restore-erasures") as ready:
        done = erase_again(ready.dsn, ready.master_key, settings)
    click.echo(f"erased again: {done}" if done else "nothing to do: every erasure of the journal is in the database")


def erase_again(dsn: str, master_key: MasterKey, settings: Settings) -> int:
    """Do what the journal holds and the database does not; how many erasures that were. Raises `StartRefusal`."""
    if settings.erasure_journal is None:
        if not settings.own_server:
            log.warning(NO_JOURNAL)
        return 0
    journal = ErasureJournal(settings.erasure_journal)
    journal.demand_writable()
    return asyncio.run(_erase_again(dsn, master_key, settings, journal))


async def _erase_again(dsn: str, master_key: MasterKey, settings: Settings, journal: ErasureJournal) -> int:
    done = 0
    async with Ledger.open(dsn, master_key, settings) as ledger:
        for number, entry in enumerate(journal.entries(), start=1):
            try:
                done += await ledger.erase_again(entry)
            except LedgerRefusal as refusal:
                raise StartRefusal(
                    f"Erasure {number} of the journal could not be done again ({refusal}): nothing is served before "
                    "it is."
                ) from None
    return done
