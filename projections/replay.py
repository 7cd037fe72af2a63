"""A stream as it came to be: its state (P1) after each fact, at that fact's moment, and the change. Reads no clock."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from domain.facts import Recorded
from domain.stream import Stream, evolve, fold
from projections.patch import PatchStep, patch
from projections.stream_state import StreamState, stream_state


class ReplayStep(NamedTuple):
    """One fact that held, its effective time `at` (UTC), the state just after it, and the change from the one before.

    `state` is plain JSON. The first step of a stream changes `null`: applied in order, the changes make every state.
    """

    record: Recorded
    at: datetime
    state: Any
    change: list[PatchStep]


def replay(stream_id: str, held: Sequence[Recorded], start: int = 0) -> Iterator[ReplayStep]:
    """The steps from the fact with index `start` on; `held` are the facts that hold, in the order they happened.

    Lazy: what is skipped is folded once, and each step costs what is open on the stream at that time.
    """
    stream = fold(stream_id, [record.fact for record in held[:start]])
    before = _state(stream) if start else None
    for record in held[start:]:
        evolve(stream, record.fact)
        after = _state(stream)
        yield ReplayStep(record, stream.entry(stream.version).at, after, patch(before, after))
        before = after


def _state(stream: Stream) -> Any:
    assert stream.last_at is not None
    state: StreamState = stream_state(stream, stream.last_at)
    return msgspec.to_builtins(state)
