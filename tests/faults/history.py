"""The history check: what clients were told, held against what is stored. It knows promises, not how they are kept."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from service.postgres import OWNER_ROLE
from tests.ledger.test_chain import leaf

Row = dict[str, Any]


@dataclass
class Write:
    """One proposed batch, as its client saw it: sent when, answered when (monotonic seconds), and what was said."""

    stream: str
    event_ids: tuple[str, ...]
    sent: float
    path: str
    body: Any
    outcome: Literal["ok", "refused", "unknown"] = "unknown"
    answered: float | None = None
    status: int | None = None
    versions: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()
    problem: Any = None


@dataclass
class Read:
    """One answered read of a stream: when it was sent, and which events it held at which versions."""

    stream: str
    sent: float
    events: dict[str, int]


@dataclass
class History:
    """Everything that clients did and saw."""

    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)

    def told(self, outcome: str) -> list[Write]:
        return [write for write in self.writes if write.outcome == outcome]


def as_owner(dsn: str) -> str:
    """The same database for the role that owns the tables, which sees them whole."""
    return make_conninfo(dsn, user=OWNER_ROLE)


def stored(dsn: str) -> list[Row]:
    """Every fact of the one workspace in the database, by position, with its stream's row."""
    with psycopg.connect(as_owner(dsn), row_factory=dict_row, options="-c timezone=UTC") as connection:
        return connection.execute(
            "SELECT e.*, s.kind, s.kind || '/' || s.stream_id AS stream, s.version AS stream_version, s.last_leaf, "
            "w.next_position FROM event e JOIN stream s USING (workspace_id, stream_id) "
            "JOIN workspace w USING (workspace_id) ORDER BY workspace_id, e.position"
        ).fetchall()


def check(history: History, rows: Sequence[Row]) -> None:
    """Raise an AssertionError that names the first promise that was not kept."""
    _log_is_whole(rows)
    _writes_are_kept(history.writes, rows)
    _order_is_real(history.writes)
    _reads_are_fresh(history, rows)


def _log_is_whole(rows: Sequence[Row]) -> None:
    """Positions dense from 0, versions dense from 1, times never back, each leaf binds its fact and the one before."""
    assert [row["position"] for row in rows] == list(range(len(rows))), "positions have a hole"
    assert not rows or rows[0]["next_position"] == len(rows), "the counter is not the log's size"
    times = [row["recorded_at"] for row in rows]
    assert times == sorted(times), "recorded times go back"
    last: dict[str, Row] = {}
    for row in rows:
        before = last.get(row["stream"])
        assert row["version"] == (before["version"] if before else 0) + 1, f"versions of {row['stream']} have a hole"
        assert row["leaf"] == leaf(row, before["leaf"] if before else b""), f"leaf {row['position']} is another"
        last[row["stream"]] = row
    for row in last.values():
        assert (row["version"], row["leaf"]) == (row["stream_version"], row["last_leaf"]), f"{row['stream']} ends else"


def _writes_are_kept(writes: Iterable[Write], rows: Sequence[Row]) -> None:
    """What was answered `ok` is there once, as told; what was refused is not; the unknown is there whole or not."""
    times = Counter(str(row["event_id"]) for row in rows)
    at = {str(row["event_id"]): row for row in rows}
    accepted = {event_id for write in writes if write.outcome == "ok" for event_id in write.event_ids}
    for write in writes:
        found = [times[event_id] for event_id in write.event_ids]
        if write.outcome == "ok":
            assert found == [1] * len(found), f"an acknowledged write is there {found} times: {write}"
            told = list(zip(write.versions, write.positions, strict=True))
            kept = [(at[one]["version"], at[one]["position"]) for one in write.event_ids]
            assert told == kept, f"told {told}, stored {kept}"
            assert {at[one]["stream"] for one in write.event_ids} == {write.stream}
        elif write.outcome == "refused":
            assert accepted.issuperset(write.event_ids) or not any(found), f"a refused write is there: {write}"
        else:
            assert found in ([0] * len(found), [1] * len(found)), f"an unknown write is there in part: {write}"


def _order_is_real(writes: Iterable[Write]) -> None:
    """If A's answer came before B was sent, A's position is smaller. Repeats of one id count as one long write."""
    by_event: dict[str, list[Write]] = defaultdict(list)
    for write in writes:
        for event_id in write.event_ids:
            by_event[event_id].append(write)
    spans = []
    for event_id, tries in by_event.items():
        told = [one for one in tries if one.outcome == "ok" and one.answered is not None]
        if told:
            position = told[0].positions[told[0].event_ids.index(event_id)]
            spans.append((min(one.answered or 0.0 for one in told), min(one.sent for one in tries), position))
    spans.sort()
    answers = [answered for answered, _, _ in spans]
    highest = -1
    highest_by = [highest := max(highest, position) for _, _, position in spans]
    for _, sent, position in spans:
        before = bisect_left(answers, sent)
        assert not before or highest_by[before - 1] < position, f"position {position} was sent after a later answer"


def _reads_are_fresh(history: History, rows: Sequence[Row]) -> None:
    """A read holds stored facts only, without a hole, and all that had been acknowledged before it was sent."""
    versions: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        versions[row["stream"]][str(row["event_id"])] = row["version"]
    acknowledged: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for write in history.told("ok"):
        assert write.answered is not None
        acknowledged[write.stream].append((write.answered, max(write.versions)))
    for read in history.reads:
        assert sorted(read.events.values()) == list(range(1, len(read.events) + 1)), f"a read has a hole: {read.stream}"
        assert read.events.items() <= versions[read.stream].items(), f"a read of {read.stream} holds what is not stored"
        owed = max((version for answered, version in acknowledged[read.stream] if answered < read.sent), default=0)
        assert len(read.events) >= owed, f"a read of {read.stream} lacks version {owed}, acknowledged before it"
