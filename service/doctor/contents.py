"""What the facts hold, opened: whether each can be read and is what its digests say; and whether erasures were done."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag

from service.doctor.finding import Finding, fault, ok
from service.faults import StartRefusal
from service.ledger.canonical import digest
from service.ledger.erasing.journal import ErasureJournal
from service.ledger.keys import Ciphers
from service.ledger.refusals import Unreadable
from service.ledger.sealing import Stored, open_part, unseal
from service.ledger.store import statement
from service.ledger.workspace import OPAQUE
from service.masterkey import MasterKey, WrappedKeyUnreadable
from service.settings import Settings

FACTS_PER_READ = 1_000
STREAMS_NAMED_MAX = 5  # enough to look at; the number of all is told beside them

_CONTENTS = statement("doctor_contents")
_ERASED = statement("doctor_erased")

Connection = psycopg.Connection[Any]


def erasures(connection: Connection, settings: Settings, workspace: UUID) -> Iterator[Finding]:
    """Whether every erasure of the journal was done in this database; nothing when there are none to compare."""
    if settings.erasure_journal is None:
        return
    try:
        noted = [one for one in ErasureJournal(settings.erasure_journal).entries() if one.workspace_id == workspace]
    except StartRefusal:
        return  # told where the journal is looked at
    done = {event for (event,) in connection.execute(_ERASED.encode(), {"workspace": workspace})}
    missing = [one for one in noted if one.event_id not in done]
    if missing:
        said = f"{len(missing)} erasures of the journal are not in workspace {workspace}, as after a restore."
        yield fault("erasures", said, "Run `throughline restore-erasures`; `throughline serve` does it at its start.")
    elif noted:
        yield ok("erasures", f"All {len(noted)} of the journal are done in workspace {workspace}.")


def readable(connection: Connection, workspace: UUID, master: MasterKey) -> Finding:
    """Open every fact and hold it against its digests."""
    ciphers = Ciphers(master)
    broken: dict[UUID, str] = {}
    position, count = 0, 0
    while True:
        question = {"workspace": workspace, "from": position, "limit": FACTS_PER_READ}
        rows = connection.execute(_CONTENTS.encode(), question).fetchall()
        for row in rows:
            stored = Stored(*row[:10])
            count += 1
            if wrong := _wrong(ciphers, workspace, stored, row[10:]):
                broken.setdefault(stored.stream, wrong)
        if len(rows) < FACTS_PER_READ:
            break
        position = rows[-1][2] + 1
    if not broken:
        return ok("contents", f"All {count} facts of workspace {workspace} can be read, save what was erased.")
    named = "; ".join(list(broken.values())[:STREAMS_NAMED_MAX])
    said = f"{len(broken)} streams of workspace {workspace} cannot be read: {named}"
    remedy = (
        "Those streams answer 500 and all else goes on. If a newer version recorded the facts, start that one; else "
        "restore the rows named here from a backup: their leaves say which bytes are right."
    )
    return fault("contents", said, remedy)


def _wrong(ciphers: Ciphers, workspace: UUID, stored: Stored, rest: tuple[Any, ...]) -> str | None:
    kind, structure_digest, words_digest, stream_key, words_key = rest
    place = f"fact {stored.version} of {kind}/{stored.stream}"
    try:
        stream = party = None
        if stream_key:
            stream = ciphers.learn(workspace, stored.stream, "stream", stored.stream, stream_key)
        if words_key and stored.words_key:
            party = ciphers.learn(workspace, stored.words_key, "index", stored.stream, words_key)
        if kind != OPAQUE:
            unseal(stored, kind, workspace, stream, party)
        of_structure = party if stored.words_key == stored.event_id else stream
        structure = open_part(of_structure, stored.structure, workspace, stored.event_id, "structure")
        of_words = party if stored.words_key else stream
        words = open_part(of_words, stored.words, workspace, stored.event_id, "words")
    except Unreadable as failure:
        return str(failure)
    except (InvalidTag, WrappedKeyUnreadable):
        return f"{place} does not match its seal."
    for part, expected in ((structure, structure_digest), (words, words_digest)):
        if part is not None and digest(part) != expected:
            return f"{place} is not what its digest says."
    return None
