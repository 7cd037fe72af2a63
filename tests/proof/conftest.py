"""A small log made here, without a service: bundles of it, as the format says they are."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from msgspec import structs

from domain.facts import Recorded, Visibility
from projections.trust.policy import DEFAULT, Policy
from service.ledger.parts import divide
from service.proof.bundle import (
    FORMAT,
    WHOLE_LOG,
    Consistency,
    EndLine,
    EndsLine,
    EventLine,
    LeafLine,
    Line,
    Manifest,
    Part,
    Parts,
    PolicyLine,
    ReceiptLine,
    StreamLine,
    written,
)
from service.proof.checkpoint import Checkpoint, origin_of
from service.proof.leaf import leaf_of, leaf_text, part_digest
from service.proof.merkle import root_of
from service.proof.note import Signer, sign
from service.proof.receipt import Receipt, document, receipt
from service.proof.streams import bucket_of, bucket_root, entry_of, key_of, stream_path, streams_root
from service.proof.tiles import Edge, Nodes, consistency_path, inclusion_path
from tests.domain.telling import (
    BUYER,
    DEAL,
    GOAL,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    noted,
    objection,
    on_promise,
    promise,
)

ORIGIN = origin_of(UUID(int=7))
SIGNER = Signer(ORIGIN, bytes(range(32)))
SALT = bytes(range(16))
PARTS = ("envelope", "structure", "words")
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Entry(NamedTuple):
    """A fact as it goes into the log: its stream, its salted parts, and which of them its reader is shown."""

    stream: str
    recorded_at: datetime
    envelope: bytes
    structure: bytes
    words: bytes | None
    shown: Collection[str] = ("envelope", "structure", "words")


def made_up() -> list[Entry]:
    """Twelve facts that say nothing, on three streams in turn; some words are hidden."""
    facts = []
    for position in range(12):
        envelope, structure, words = (SALT + f'{{"{name}":{position}}}'.encode() for name in PARTS)
        stream, at = f"deal/{UUID(int=11 + position % 3)}", BEGAN + timedelta(minutes=position)
        facts.append(Entry(stream, at, envelope, structure, words, PARTS if position % 2 else PARTS[:2]))
    return facts


class Log:
    """Facts, by default made up; the last stream is one that the reader of the whole log may not know of."""

    def __init__(self, entries: Sequence[Entry] | None = None) -> None:
        facts = made_up() if entries is None else entries
        self.policies: list[PolicyLine] = []
        self.receipts: dict[str, ReceiptLine] = {}
        self.streams = list(dict.fromkeys(one.stream for one in facts))
        self.of = [one.stream for one in facts]
        self.texts: list[str] = []
        self.parts: list[Parts] = []
        self.ends: dict[str, tuple[int, bytes]] = {}
        for one in facts:
            version, last = self.ends.get(one.stream, (0, b""))
            parts = {name: part for name in PARTS if (part := getattr(one, name)) is not None}
            digests = [part_digest(parts[name]) if name in parts else None for name in PARTS]
            text = leaf_text(one.stream, version + 1, last, one.recorded_at, *digests)  # type: ignore[arg-type]  # words alone may be absent
            shown = {
                name: Part(parts[name][:16].hex(), parts[name][16:].decode()) for name in parts if name in one.shown
            }
            self.texts.append(text)
            self.parts.append(Parts(**shown))
            self.ends[one.stream] = version + 1, leaf_of(text)
        edge = Edge(0, [])
        edge.grow(map(leaf_of, self.texts))
        self.nodes = Nodes()
        self.nodes.give((0, 0), edge.levels[0])
        entries_by_key = sorted((key_of(name), entry_of(name, *end)) for name, end in self.ends.items())
        self.entries = entries_by_key
        self.buckets = {bucket_of(key): bucket_root([(key, entry)]) for key, entry in entries_by_key}
        self.size = len(self.texts)
        self.checkpoint = Checkpoint(ORIGIN, self.size, edge.root(), streams_root(self.buckets))
        self.note = sign(self.checkpoint.text, [SIGNER])

    def checkpoint_at(self, size: int) -> str:
        """What was signed when the log had that size; where streams ended then, nobody asks of it."""
        return sign(Checkpoint(ORIGIN, size, root_of(map(leaf_of, self.texts[:size])), bytes(32)).text, [SIGNER])

    def _manifest(self, scope: str, since: int | None = None) -> Manifest:
        consistency = None
        if since is not None:
            path = consistency_path(since, self.size, self.nodes.node)
            consistency = Consistency(since, [one.hex() for one in path])
        parts = ["events", "policies", "receipts"]
        return Manifest(FORMAT, ORIGIN, scope, self.note, [SIGNER.verifier.text], parts, consistency)

    def _after(self, streams: Collection[str]) -> list[Line]:
        """What comes after the facts of a bundle that shows these streams."""
        return [*self.policies, *(self.receipts[stream] for stream in streams if stream in self.receipts)]

    def stream_bundle(self, since: int | None = None) -> bytes:
        """A bundle of the first stream."""
        stream = self.streams[0]
        key = key_of(stream)
        entry = next(pair for pair in self.entries if pair[0] == key)
        path = stream_path(key, [entry], self.buckets)
        end = StreamLine(stream, self.ends[stream][0], [h.hex() for h in path])
        facts = []
        for position in (one for one in range(self.size) if self.of[one] == stream):
            way = [one.hex() for one in inclusion_path(position, self.size, self.nodes.node)]
            facts.append(EventLine(position, self.texts[position], self.parts[position], path=way))
        return _joined([self._manifest(stream, since), end], facts, self._after([stream]))

    def log_bundle(self) -> bytes:
        """A bundle of everything; of the last stream the leaves alone."""
        ends = EndsLine([(key.hex(), entry.hex()) for key, entry in self.entries])
        facts: list[Line] = []
        for position, text in enumerate(self.texts):
            signed = leaf_of(text).hex()
            if self.of[position] == self.streams[-1]:
                facts.append(LeafLine(position, signed))
            else:
                facts.append(EventLine(position, text, self.parts[position], signed=signed))
        return _joined([self._manifest(WHOLE_LOG), ends], facts, self._after(self.streams[:-1]))


def _joined(head: Sequence[Line], facts: Sequence[Line], after: Sequence[Line]) -> bytes:
    receipts = sum(isinstance(line, ReceiptLine) for line in after)
    return b"".join(map(written, [*head, *facts, *after, EndLine(len(facts), receipts)]))


class ToldLog(Log):
    """What was said and done on a deal, on another one and on a goal, which the reader may not know of; with receipts.

    On the first deal the reader is not shown one remark and one promise.
    """

    at = day(45)

    def __init__(self) -> None:
        stories = [_the_deal(), a_deal(promise("second", day=1), on_promise("broken", "second", day=20)), a_goal()]
        named = [DEAL, f"deal/{known_as('the other deal')}", GOAL]
        waiting = [(record, stream) for story, stream in zip(stories, named, strict=True) for record in story.records]
        waiting.sort(key=lambda one: one[0].recorded_at)
        self.records: dict[str, list[Recorded]] = {stream: [] for stream in named}
        self.hidden: dict[str, list[int]] = {stream: [] for stream in named}
        entries = []
        for position, (record, stream) in enumerate(waiting):
            fact = structs.replace(record.fact, stream_id=stream, event_id=known_as(f"fact {position}"))
            envelope, structure, words = divide(fact)
            hidden = fact.visibility is Visibility.PRIVATE
            salted = None if words is None else SALT + words
            shown = () if hidden else PARTS
            entries.append(Entry(stream, record.recorded_at, SALT + envelope, SALT + structure, salted, shown))
            if hidden:
                self.hidden[stream].append(position)
            else:
                self.records[stream].append(Recorded(fact, position, record.recorded_at))
        super().__init__(entries)
        self.policies = [PolicyLine(**structs.asdict(document(DEFAULT)))]
        self.receipts = {stream: ReceiptLine(**structs.asdict(self.receipt(stream))) for stream in self.streams[:-1]}

    def receipt(self, stream: str, *, policy: Policy = DEFAULT, at: datetime | None = None) -> Receipt:
        """The receipt of a stream for the reader of the bundles."""
        hidden = self.hidden[stream]
        found = receipt(ORIGIN, stream, self.size, self.records[stream], hidden, policy, at or self.at)
        assert found is not None
        return found


def _the_deal() -> Story:
    """Promises kept, late, broken and overdue, an objection that nobody heard, help and pressure."""
    hidden: dict[str, Any] = {"visibility": "private"}
    story = a_deal()
    told = (
        promise("kept", day=1, due_at=day(9)),
        promise("late", day=1, due_at=day(4)),
        promise("open", day=2, due_at=day(12), stake="large"),
        promise("behind the back", day=2, due_at=day(12), **hidden),
        noted("Not for everybody", day=3, **hidden),
        objection("slow", day=5, severity="blocking"),
        fact("help.given", to=BUYER, kind="advice", outside_sale=True, day=6),
        on_promise("fulfilled", "kept", day=8),
        on_promise("fulfilled", "late", day=10),
        fact("pressure.applied", kind="chasing", beneficiary="seller", day=15),
        noted("A second visit", day=16),
    )
    for number, one in enumerate(told):
        story.tell(structs.replace(one, event_id=known_as(f"told {number}")))
    return story


@pytest.fixture(scope="session")
def made_log() -> Log:
    return Log()


@pytest.fixture(scope="session")
def told_log() -> ToldLog:
    return ToldLog()
