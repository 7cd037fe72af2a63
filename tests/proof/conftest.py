"""A small log made here, without a service: bundles of it, as the format says they are."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.proof.bundle import (
    FORMAT,
    WHOLE_LOG,
    EndLine,
    EndsLine,
    EventLine,
    LeafLine,
    Line,
    Manifest,
    Part,
    Parts,
    StreamLine,
    written,
)
from service.proof.checkpoint import Checkpoint, origin_of
from service.proof.leaf import leaf_of, leaf_text, part_digest
from service.proof.note import Signer, sign
from service.proof.streams import bucket_of, bucket_root, entry_of, key_of, stream_path, streams_root
from service.proof.tiles import Edge, Nodes, inclusion_path

ORIGIN = origin_of(UUID(int=7))
SIGNER = Signer(ORIGIN, bytes(range(32)))
SALT = bytes(range(16))
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Log:
    """Twelve facts on three streams in turn; the facts of the last stream are hidden, some of the others' words too."""

    def __init__(self) -> None:
        self.streams = [f"deal/{UUID(int=number)}" for number in (11, 12, 13)]
        self.texts: list[str] = []
        self.parts: list[Parts] = []
        self.ends: dict[str, tuple[int, bytes]] = {}
        for position in range(12):
            stream = self.streams[position % 3]
            version, last = self.ends.get(stream, (0, b""))
            parts = [SALT + f'{{"{name}":{position}}}'.encode() for name in ("envelope", "structure", "words")]
            digests = [part_digest(part) for part in parts]
            text = leaf_text(stream, version + 1, last, BEGAN + timedelta(minutes=position), *digests)
            shown = [Part(part[:16].hex(), part[16:].decode()) for part in parts]
            self.texts.append(text)
            self.parts.append(Parts(shown[0], shown[1], shown[2] if position % 2 else None))
            self.ends[stream] = version + 1, leaf_of(text)
        edge = Edge(0, [])
        edge.grow(map(leaf_of, self.texts))
        self.nodes = Nodes()
        self.nodes.give((0, 0), edge.levels[0])
        entries = sorted((key_of(name), entry_of(name, *end)) for name, end in self.ends.items())
        self.entries = entries
        self.buckets = {bucket_of(key): bucket_root([(key, entry)]) for key, entry in entries}
        checkpoint = Checkpoint(ORIGIN, len(self.texts), edge.root(), streams_root(self.buckets))
        self.note = sign(checkpoint.text, [SIGNER])

    def _manifest(self, scope: str) -> Manifest:
        return Manifest(FORMAT, ORIGIN, scope, self.note, [SIGNER.verifier.text], ["events"])

    def stream_bundle(self) -> bytes:
        """A bundle of the first stream."""
        stream = self.streams[0]
        key = key_of(stream)
        entry = next(pair for pair in self.entries if pair[0] == key)
        path = stream_path(key, [entry], self.buckets)
        lines: list[Line] = [self._manifest(stream), StreamLine(stream, self.ends[stream][0], [h.hex() for h in path])]
        for position in range(0, len(self.texts), 3):
            way = [one.hex() for one in inclusion_path(position, len(self.texts), self.nodes.node)]
            lines.append(EventLine(position, self.texts[position], self.parts[position], path=way))
        return b"".join(map(written, [*lines, EndLine(len(lines) - 2)]))

    def log_bundle(self) -> bytes:
        """A bundle of everything; of the last stream the leaves alone."""
        ends = EndsLine([(key.hex(), entry.hex()) for key, entry in self.entries])
        lines: list[Line] = [self._manifest(WHOLE_LOG), ends]
        for position, text in enumerate(self.texts):
            signed = leaf_of(text).hex()
            if position % 3 == 2:
                lines.append(LeafLine(position, signed))
            else:
                lines.append(EventLine(position, text, self.parts[position], signed=signed))
        return b"".join(map(written, [*lines, EndLine(len(lines) - 2)]))


@pytest.fixture(scope="session")
def made_log() -> Log:
    return Log()
