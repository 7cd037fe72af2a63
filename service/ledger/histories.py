"""A stream as one caller may see it, as of a moment, as known at a moment. Pure: folds what is kept, asks nobody."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from msgspec import Struct

from domain.facts import Caller, Recorded, Visibility
from domain.history import effective, may_know, visible
from domain.invitation import guests_fold
from domain.stream import Stream, fold
from projections.summary import Outlook, summary
from projections.trust.policy import DEFAULT, Policy
from projections.view import View
from service.ledger.listing import shown
from service.ledger.memory import Kept
from service.ledger.questions import KnownAt
from service.ledger.refusals import Absent
from service.ledger.summaries import evidence_of, summary_of


class History(Struct, frozen=True):
    """What one caller sees of one stream.

    `records` are the facts as recorded, in stream order, uncut; `stream` is the fold of those that held at the moment
    asked about, in the order they happened: None when nothing had happened yet or was known, or all of it was erased.
    `version` is the stream's, `position` the log's size. `kept` is given when `stream` is what lists show of it.
    """

    stream_id: str
    records: Sequence[Recorded]
    version: int
    position: int
    as_of: datetime | None
    known_at: KnownAt
    stream: Stream | None
    kept: Kept | None = None

    def view(self, at: datetime, policy: Policy) -> View:
        """The view at a moment; the stream must have begun. Evidence on what lists show comes out of what is kept."""
        assert self.stream is not None, "there is something to see"
        if self.kept is None or policy is not DEFAULT:
            return View(self.stream, at, policy)
        return View(self.stream, at, policy, partial(evidence_of, self.kept, at))

    def outlook(self, view: View) -> Outlook:
        """How the stream looks in this view of it; of what lists show, out of what is kept."""
        if self.kept is not None and view.policy is DEFAULT:
            return summary_of(self.kept, view.at).outlook(view.at)
        return summary(view).outlook(view.at, view.policy)


def history(kept: Kept, caller: Caller, position: int, as_of: datetime | None, known_at: KnownAt) -> History:
    """The stream for `caller`; raises `Absent` when they may not know of it.

    Asked for as of now by somebody who sees every fact, it is what is folded already; everything else is folded anew,
    at a cost proportional to the stream's length.
    """
    if not may_know(caller, kept.stream):
        raise Absent
    if kept.stream.erased:
        records = visible(kept.records, caller, kept.stream)
        return History(kept.stream.stream_id, records, kept.version, position, as_of, known_at, None)
    if caller.role == "guest":
        records = visible(kept.records, caller, kept.stream)
        guests = guests_fold(kept.records, caller, kept.stream, as_of, known_at)
        return History(kept.stream.stream_id, records, kept.version, position, as_of, known_at, guests)
    records = kept.records if kept.stream.width >= Visibility.TEAM.width else visible(kept.records, caller, kept.stream)
    cut = as_of is not None or known_at is not None
    if not cut and len(records) == len(kept.records) and kept.stream.width >= kept.records[0].fact.visibility.width:
        return History(kept.stream.stream_id, records, kept.version, position, None, None, shown(kept), kept)
    facts = effective(records, as_of, known_at)
    stream = fold(kept.stream.stream_id, [record.fact for record in facts]) if facts else None
    return History(kept.stream.stream_id, records, kept.version, position, as_of, known_at, stream)


def public_fold_at(kept: Kept, caller: Caller, as_of: datetime | None, known_at: KnownAt) -> Stream | None:
    """The stream as lists show it to this caller at a moment; None when they may not know of it, or it was not there.

    Lists show only what everybody sees who may know of the stream: facts as wide as its first one; to a guest, what
    guests see.
    """
    first = kept.records[0].fact
    if kept.stream.erased or not may_know(caller, kept.stream):
        return None
    if caller.role == "guest":
        return guests_fold(kept.records, caller, kept.stream, as_of, known_at)
    records = [record for record in kept.records if record.fact.visibility.width >= first.visibility.width]
    facts = effective(records, as_of, known_at)
    return fold(kept.stream.stream_id, [record.fact for record in facts]) if facts else None
