"""The journal of erasures, outside the database: what a restored backup has to be told. It holds ids, never content.

One file in a folder that the operator names, one JSON object a line, written and synced before an erasure takes effect.
"""

import asyncio
import fcntl
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.facts import Actor
from service.faults import StartRefusal
from service.ledger.asking import EraseScope

FILE = "erasures.jsonl"

_encode = msgspec.json.Encoder().encode


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One erasure, as it has to be done again on a backup from before it.

    `keys` are those of the party that were destroyed: the party's later words are under others and stay. `events` are
    the facts whose words went with the one that was named.
    """

    workspace_id: UUID
    event_id: UUID
    scope: EraseScope
    target_id: UUID
    reason: str
    by: Actor
    at: datetime
    keys: tuple[UUID, ...] = ()
    events: tuple[UUID, ...] = ()


class ErasureJournal:
    """Appends to the journal and reads it. Several processes may share the folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def demand_writable(self) -> None:
        """Raises `StartRefusal` when nothing could be noted: better now than when somebody asks for an erasure."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            os.close(self._open())
        except OSError as fault:
            raise StartRefusal(
                f"THROUGHLINE_ERASURE_JOURNAL: {self._file} cannot be written to ({os.strerror(fault.errno or 0)})."
            ) from None

    async def note(self, entry: Entry) -> None:
        """Return once the entry is on the disk. Raises OSError."""
        await asyncio.to_thread(self._note, _encode(entry) + b"\n")

    def entries(self) -> list[Entry]:
        """All entries, in the order they were made. A last line that was cut off was never promised to anybody.

        Raises `StartRefusal` when another line is none: whoever edited it has to say what it was.
        """
        if not self._file.exists():
            return []
        *lines, _unfinished = self._file.read_bytes().split(b"\n")
        found = []
        for number, line in enumerate(lines, start=1):
            if not line:
                continue
            try:
                found.append(msgspec.json.decode(line, type=Entry))
            except (msgspec.MsgspecError, UnicodeDecodeError):
                raise StartRefusal(f"Line {number} of the erasure journal {self._file} is no erasure.") from None
        return found

    def _note(self, line: bytes) -> None:
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # somebody died in the middle of a line
                os.ftruncate(descriptor, self._whole(descriptor, size))
            if os.write(descriptor, line) != len(line):
                raise OSError("the journal took only a part of the line")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        folder = os.open(self._file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @staticmethod
    def _whole(descriptor: int, size: int) -> int:
        """How long the file is up to its last whole line."""
        return os.pread(descriptor, size, 0).rfind(b"\n") + 1

    def _open(self) -> int:
        return os.open(self._file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
