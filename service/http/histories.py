"""A stream's visible facts as recorded, cut at the two times of a question. What a cut means is the domain's to say."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from domain.facts import Recorded
from domain.history import effective_times, known
from domain.stream import fold
from service.http.conditions import stream_etag
from service.http.questions import Times
from service.ledger.histories import History


def recorded_by(history: History, asked: Times) -> Sequence[Recorded]:
    """The facts that were recorded at `known_at` and had happened at `as_of`, by version, the voided among them.

    Costs nothing when neither time is given.
    """
    records = known(history.records, asked.known_at)
    if asked.as_of is None or not records:
        return records
    folded = fold(history.stream_id, [record.fact for record in records])
    times = effective_times(folded)
    return [record for record, at in zip(records, times, strict=True) if at <= asked.as_of]


def told_known_at(history: History, asked: Times) -> datetime | int | None:
    """`known_at` as it is told back.

    When the question left it open: the size of the log just after the stream's last visible fact. Asked with that, the
    same answer comes for ever.
    """
    if asked.known_at is not None:
        return asked.known_at
    return history.records[-1].position + 1 if history.records else None


def etag_of(history: History) -> bytes:
    """The ETag of every answer that is a pure function of the stream's facts and of the question."""
    return stream_etag(history.version, len(history.records))


def index_of_version(records: Sequence[Recorded], version: int) -> int:
    """How many of `records` have a version up to `version`."""
    return bisect_right(records, version, key=lambda record: record.fact.stream_version)
