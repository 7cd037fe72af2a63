"""`throughline import`: reads its arguments, opens what it needs, and ends with a code. Rows are taken elsewhere."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid5

import click
from rich.console import Console

from domain.events import CATALOGUE
from domain.events.workspace import MemberJoined
from domain.facts import Caller, Visibility, stream_key
from service.imports.faults import NotTaken
from service.imports.lookups import Lookups
from service.imports.mapfile import locate, shipped_maps
from service.imports.meaning import Meaning, read_meaning
from service.imports.rows import PlannedRow, Planner, demand_columns
from service.imports.table import KeysSeen, Table, table
from service.imports.taking import Counts, Import, importer
from service.imports.telling import Telling
from service.keys import workspace_of
from service.ledger.bootstrap import OWNER_KEY_FILE, first_owner_key
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.members import SERVICE_PARTY
from service.settings import Settings, read_settings
from service.start import Prepared, prepared

EXIT_NOT_ALL_TAKEN = 1
EXIT_STOPPED = 130


@click.group(name="import", help="Turn another system's export into facts.")
def import_() -> None:
    """The group itself does nothing."""


@import_.command(
    "csv",
    help="""Turn the rows of a CSV export into deals, as a map says.

    Every row becomes facts with ids of its own, so that running it twice adds nothing, a newer export adds what is
    new, and an import that was cut off goes on when it is run again. A row that contradicts what was recorded, or that
    cannot be read, is left out and told with its line, its key, the reason and what would be accepted.

    \b
    Exit codes: 0 all rows were taken, 1 some were not, 2 the arguments, the file
    or the map cannot be used, 130 stopped by Ctrl-C.
    """,
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--map", "map_", required=True, help=f"A map file, or one of: {', '.join(shipped_maps())}.")
@click.option("--workspace", "chosen", type=click.UUID, help="The workspace, when there are several.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write every row not taken to this file, as JSON."
)
def csv(file: Path, map_: str, chosen: UUID | None, report: Path | None) -> None:
    meaning = read_meaning(locate(map_))
    settings = read_settings(os.environ)
    console = Console(highlight=False)
    with table(file, meaning.file.delimiter) as rows, closing(KeysSeen()) as seen:
        demand_columns(rows, meaning)
        planner = Planner(meaning, Lookups(meaning.file.lookups, file.parent, meaning.file.delimiter))
        telling = Telling(console, file.name, rows.bytes, report)
        with prepared(settings, purpose="import") as ready:
            if first_owner_key(ready.dsn, ready.master_key, settings):
                console.print(f"Made a first workspace; its owner's key is in {settings.data / OWNER_KEY_FILE}.")
            run = _Run(meaning, settings, ready, chosen, rows, telling)
            counts = asyncio.run(run.run(planner.plan(rows, seen)))
    if run.stopped:
        sys.exit(EXIT_STOPPED)
    if counts.not_taken:
        sys.exit(EXIT_NOT_ALL_TAKEN)


class _Run:
    """One import on an event loop, from opening the ledger to closing it."""

    def __init__(
        self,
        meaning: Meaning,
        settings: Settings,
        ready: Prepared,
        chosen: UUID | None,
        rows: Table,
        telling: Telling,
    ) -> None:
        self.stopped = False
        self._meaning = meaning
        self._settings = settings
        self._ready = ready
        self._chosen = chosen
        self._rows = rows
        self._telling = telling

    async def run(self, planned: Iterator[PlannedRow | NotTaken]) -> Counts:
        """What came of it, which has been told by then, also when it ended early."""
        async with Ledger.open(self._ready.dsn, self._ready.master_key, self._settings) as ledger:
            workspace_id = await workspace_of(ledger, self._chosen)
            identity = importer(workspace_id, self._meaning.file.source)
            await _enrol(ledger, identity)
            work = Import(ledger, identity, self._meaning.rules, self._telling.not_taken)
            self._stop_on_signals(work)
            started = time.monotonic()
            try:
                with self._telling:
                    await work.take(self._watched(planned, work))
            finally:
                self._telling.end(work.counts, time.monotonic() - started, stopped=self.stopped)
            return work.counts

    def _watched(self, planned: Iterator[PlannedRow | NotTaken], work: Import) -> Iterator[PlannedRow | NotTaken]:
        for row in planned:
            self._telling.moved(self._rows.bytes_read, work.counts)
            yield row

    def _stop_on_signals(self, work: Import) -> None:
        """The first signal lets what was begun be finished; a second one ends it as usual."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            self.stopped = work.stopping = True
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)


async def _enrol(ledger: Ledger, identity: Identity) -> None:
    """The workspace's own stream says who records the imported facts; once, however often it is run."""
    service = Identity(identity.workspace_id, SERVICE_PARTY, Caller(SERVICE_PARTY, "owner", "service"), "throughline")
    party_id = identity.caller.party_id
    joined = CATALOGUE["member.joined"].proposal(
        event_id=uuid5(party_id, "member.joined"),
        visibility=Visibility.TEAM,
        data=MemberJoined(party_id=party_id, name=identity.name, role="service"),
    )
    await ledger.append(service, stream_key("workspace", identity.workspace_id), [joined], opens=False)
