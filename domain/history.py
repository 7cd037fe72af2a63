"""Which facts hold, for whom, as of when, as known when. Cuts and orders; decides nothing."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.corrections import REWRITING, as_it_holds, rewritings
from domain.facts import Caller, Recorded
from domain.sight import may_know, may_see
from domain.stream import Stream, fold

__all__ = ["effective", "effective_times", "known", "may_know", "may_see", "visible"]

KnownAt = datetime | int | None


def known(records: Sequence[Recorded], known_at: KnownAt) -> Sequence[Recorded]:
    """The facts that had been recorded by `known_at`: a moment, or a position that is not itself included.

    `records` are of one stream or of one workspace, in recorded order; neither positions nor times ever decrease there.
    """
    if known_at is None or not records:
        return records
    if isinstance(known_at, datetime):
        end = bisect_right(records, known_at, key=lambda record: record.recorded_at)
    else:
        end = bisect_right(records, known_at - 1, key=lambda record: record.position)
    return records if end == len(records) else records[:end]


def visible(records: Sequence[Recorded], caller: Caller, stream: Stream | None = None) -> list[Recorded]:
    """The facts of one stream that `caller` may see now. Pass the folded `stream` when it is at hand.

    A stream whose first fact is hidden gives nothing at all, except to a guest of it, who sees what is shared.
    """
    if not records:
        return []
    if stream is None:
        stream = _folded(records)
    return [record for record in records if may_see(record.fact, caller, stream)]


def effective(
    records: Sequence[Recorded],
    as_of: datetime | None = None,
    known_at: KnownAt = None,
    stream: Stream | None = None,
) -> list[Recorded]:
    """The facts of one stream that hold, in the order in which they happened: (effective time, version).

    Voided facts and their voids are gone, corrected ones have the data and widened ones the visibility that holds; all
    this as known at `known_at`. `as_of` then cuts by effective time. `records` is the whole stream, or what a caller
    may see of it; `stream`, the fold of exactly these, saves folding when it is at hand.
    """
    recorded = known(records, known_at)
    if not recorded:
        return []
    if stream is None or len(recorded) != stream.version:
        stream = _folded(recorded)
    times = effective_times(stream)
    if stream.in_order and not stream.rewritten:
        end = len(times) if as_of is None else bisect_right(times, as_of)
        return list(recorded[:end])
    facts = [record.fact for record in recorded]
    voided, corrected = rewritings(facts)
    kept = []
    for record, at in zip(recorded, times, strict=True):
        if (as_of is not None and at > as_of) or record.fact.type in REWRITING:
            continue
        fact = as_it_holds(record.fact, voided, corrected)
        if fact is None:
            continue
        visibility = stream.visibility(fact)
        if visibility is not fact.visibility:
            fact = msgspec.structs.replace(fact, visibility=visibility)
        kept.append((at, record if fact is record.fact else msgspec.structs.replace(record, fact=fact)))
    kept.sort(key=lambda one: one[0])  # stable: facts of one moment stay in the order of their versions
    return [record for _, record in kept]


def effective_times(stream: Stream) -> list[datetime]:
    """The effective time of each fact of the stream, by version."""
    return [stream.entry(version).at for version in range(1, stream.version + 1)]


def _folded(records: Sequence[Recorded]) -> Stream:
    return fold(records[0].fact.stream_id, [record.fact for record in records])
