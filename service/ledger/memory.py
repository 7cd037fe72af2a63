"""The streams in memory: folded, with their facts, bounded by the number of facts. No rule, no database."""

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from domain.facts import Recorded
from domain.stream import Stream
from projections.list_row import ListRow
from projections.summary import Summary
from projections.trust.evidence import Evidence

# Streams that cannot be read, of which are remembered; one is already a case for `throughline doctor`.
UNREADABLE_MAX = 1_000


class Kept:
    """One stream as this process knows it: the fold in recorded order, every fact, the digest of each proposal."""

    __slots__ = ("digests", "evidence", "held", "public", "records", "row", "stream", "summary")

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.public: Stream | None = None  # what lists show of it, when that is not the stream itself and is known
        self.row: ListRow | None = None  # the row that lists have of it, when this process wrote it last
        self.summary: Summary | None = None  # of what lists show, since the last fact
        self.evidence: Evidence | None = None  # likewise, when it is good for any later moment
        self.records: list[Recorded] = []
        self.digests: list[bytes | None] = []
        self.held = False  # whether memory has it; only what is being read or was let go is not

    @property
    def version(self) -> int:
        return len(self.records)

    def add(self, record: Recorded, proposal_digest: bytes | None) -> None:
        """Take the next fact of the stream; the fold is the caller's to move."""
        self.records.append(record)
        self.digests.append(proposal_digest)
        self.summary = self.evidence = None

    def index(self, event_id: UUID) -> int | None:
        """Where the fact with this id is among the records, or None."""
        version = self.stream.own_versions.get(event_id)  # a kept stream is no fork: it has all of its versions itself
        return None if version is None else version - 1

    def find(self, event_id: UUID) -> Recorded | None:
        """The fact with this id, or None."""
        index = self.index(event_id)
        return None if index is None else self.records[index]


class Memory:
    """Streams of all workspaces, least recently used out first once more than `facts_max` facts are held."""

    def __init__(self, facts_max: int) -> None:
        self._facts_max = facts_max
        # By the numbers of workspace and stream: Python hashes a UUID at ten times the cost of its number.
        self._kept: OrderedDict[tuple[int, int], Kept] = OrderedDict()
        self.facts = 0
        self.unreadable: set[tuple[UUID, UUID]] = set()

    @property
    def count(self) -> int:
        return len(self._kept)

    def not_read(self, workspace_id: UUID, stream: UUID) -> None:
        """Note that a stream has a fact that cannot be read, until it can be."""
        if len(self.unreadable) < UNREADABLE_MAX:
            self.unreadable.add((workspace_id, stream))

    def get(self, workspace_id: UUID, stream: UUID) -> Kept | None:
        place = workspace_id.int, stream.int
        kept = self._kept.get(place)
        if kept is not None:
            self._kept.move_to_end(place)
        return kept

    def put(self, workspace_id: UUID, stream: UUID, kept: Kept) -> None:
        self.drop(workspace_id, [stream])
        self._kept[workspace_id.int, stream.int] = kept
        self.unreadable.discard((workspace_id, stream))
        kept.held = True
        self.grew(kept.version)

    def grew(self, facts: int) -> None:
        """Count facts added to what is held, and let the oldest streams go when there are too many."""
        self.facts += facts
        while self.facts > self._facts_max and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            oldest.held = False
            self.facts -= oldest.version

    def drop(self, workspace_id: UUID, streams: Iterable[UUID]) -> None:
        """Forget streams, so that the next use reads them anew."""
        for stream in streams:
            self._drop((workspace_id.int, stream.int))

    def drop_workspace(self, workspace_id: UUID) -> None:
        """Forget everything of one workspace."""
        for place in [place for place in self._kept if place[0] == workspace_id.int]:
            self._drop(place)

    def _drop(self, place: tuple[int, int]) -> None:
        kept = self._kept.pop(place, None)
        if kept is not None:
            kept.held = False
            self.facts -= kept.version
