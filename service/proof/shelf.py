"""What a bundle shows of its facts, put away by stream until receipts are checked. Words are not: no score needs them.

A bundle comes in the order of the log and may be larger than memory; a receipt needs one stream after the other.
"""

from array import array
from collections.abc import Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Self

import msgspec
from msgspec import Struct

from domain.facts import Recorded
from service.ledger.parts import unite
from service.proof.bundle import EventLine, LeafContent
from service.proof.flaws import UNRECKONED, Flaw

LENGTH_BYTES = 4


class Held(Struct, frozen=True, array_like=True):
    """One fact, as far as it is shown."""

    version: int
    position: int
    recorded_at: str
    envelope: str | None
    structure: str | None

    def record(self, stream_id: str) -> Recorded:
        """The fact that was recorded; raises `Flaw` when it is none that this verifier knows."""
        assert self.envelope is not None, "it is shown"
        structure = None if self.structure is None else self.structure.encode()
        try:
            fact = unite(stream_id, self.version, self.envelope.encode(), structure, None)
            return Recorded(fact, self.position, datetime.fromisoformat(self.recorded_at))
        except (msgspec.MsgspecError, KeyError, AttributeError, TypeError, ValueError):
            raise Flaw(UNRECKONED, f"the fact at position {self.position} is of no type known here") from None


_write = msgspec.msgpack.Encoder().encode
_read = msgspec.msgpack.Decoder(Held).decode


class Shelf:
    """Facts by stream, in a file without a name; in memory 8 bytes for each."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115  # closed by `with`, as the shelf is
        self._places: dict[str, array[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def put(self, line: EventLine, content: LeafContent) -> None:
        """Put a fact away; those of one stream come in its order."""
        parts = line.parts
        held = Held(
            content.version,
            line.position,
            content.recorded_at,
            None if parts.envelope is None else parts.envelope.text,
            None if parts.structure is None else parts.structure.text,
        )
        packed = _write(held)
        self._places.setdefault(content.stream_id, array("Q")).append(self._file.tell())
        self._file.write(len(packed).to_bytes(LENGTH_BYTES, "big") + packed)

    def facts(self, stream_id: str, size: int) -> Iterator[Held]:
        """The facts of a stream that stand in the first `size` of the log, in its order."""
        end = self._file.tell()
        try:
            for place in self._places.get(stream_id, ()):
                self._file.seek(place)
                length = int.from_bytes(self._file.read(LENGTH_BYTES), "big")
                held = _read(self._file.read(length))
                if held.position >= size:
                    return
                yield held
        finally:
            self._file.seek(end)
