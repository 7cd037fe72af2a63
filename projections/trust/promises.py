"""What promises and milestones say about trust: rules T1 to T8 and T21. Nothing else is judged here."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.facts import Fact
from domain.fields import Dimension, Due, due_instant
from domain.lifecycles import renegotiation_counts
from projections.trust.rows import Book, Row, Size, Word, word


class Promise(Struct, gc=False):
    """A promise as far as it was read: `state` is made, fulfilled, disputed, broken, cancelled or gone.

    `due` is the instant from which it is late, as agreed by `agreed` at `agreed_at`; `breaches` are the renegotiations
    after it was late. `kept` is the first word that it was kept, `best` the strongest.
    """

    id: UUID
    debtor: UUID
    creditor: UUID
    stake: Size
    dimension: Dimension | None
    due: datetime | None
    agreed: UUID
    agreed_at: datetime
    state: str = "made"
    kept: Word | None = None
    best: Word | None = None
    ended: Word | None = None
    breaches: tuple[Word, ...] = ()


class Promises:
    """All promises of a stream. Each type of fact has its method; each leaves the rows of the promise settled."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[UUID, Promise] = {}
        self._open: dict[UUID, Promise] = {}

    def made(self, fact: Fact, at: datetime) -> None:
        data = fact.data
        due = None if data.due_at is None else due_instant(data.due_at)
        promise = Promise(
            data.commitment_id, data.debtor, data.creditor, data.stake, data.dimension, due, fact.event_id, at
        )
        before = self._known.get(promise.id)
        if before is not None:  # what was recorded late may stand before the making
            promise.state, promise.kept, promise.best, promise.ended = (
                before.state,
                before.kept,
                before.best,
                before.ended,
            )
        self._known[promise.id] = promise
        self._settle(promise)

    def renegotiated(self, fact: Fact, at: datetime) -> None:
        """T6 in time, T7 after it was late; without the other side's consent as if it had not been."""
        promise = self._known.get(fact.data.commitment_id)
        if promise is None or not self._agreed(promise, fact):
            return
        late = promise.state == "made" and promise.due is not None and at > promise.due
        asked: Due | None = fact.data.due_at
        if late:
            promise.breaches = (*promise.breaches, word(fact, at))
        if asked is not None:
            promise.due, promise.agreed, promise.agreed_at = due_instant(asked), fact.event_id, at
        elif late:
            promise.due = None  # the lateness is settled between them, and no other time was named
        self._settle(promise)

    def fulfilled(self, fact: Fact, at: datetime) -> None:
        promise = self._known.get(fact.data.commitment_id)
        if promise is None:
            return
        said = word(fact, at)
        promise.state = "fulfilled"
        promise.kept = promise.kept or said
        promise.best = _stronger(promise.best, said)
        self._settle(promise)

    def confirmed(self, fact: Fact, at: datetime) -> None:
        """Raises what the fulfilment is worth, from the fulfilment on; a promise confirmed is no longer open."""
        promise = self._known.get(fact.data.commitment_id)
        if promise is None:
            return
        promise.state = "fulfilled"
        if promise.kept is not None:
            promise.best = _stronger(promise.best, word(fact, at))
        self._settle(promise)

    def disputed(self, fact: Fact, _at: datetime) -> None:
        self._end(fact, "disputed", None)

    def broken(self, fact: Fact, at: datetime) -> None:
        self._end(fact, "broken", word(fact, at))

    def cancelled(self, fact: Fact, at: datetime) -> None:
        """T5 by its due time, T3 after it."""
        promise = self._known.get(fact.data.commitment_id)
        if promise is not None:
            late = promise.due is not None and at > promise.due
            self._end(fact, "broken" if late else "cancelled", word(fact, at))

    def let_go(self, fact: Fact, _at: datetime) -> None:
        """T6: released or declined."""
        self._end(fact, "gone", None)

    def all_let_go(self) -> None:
        """The deal was closed other than won."""
        for promise in list(self._open.values()):
            promise.state = "gone"
            self._settle(promise)

    def _end(self, fact: Fact, state: str, by: Word | None) -> None:
        promise = self._known.get(fact.data.commitment_id)
        if promise is not None:
            promise.state, promise.ended = state, by
            self._settle(promise)

    def _agreed(self, promise: Promise, fact: Fact) -> bool:
        named = (promise.debtor, promise.creditor, fact.acting_party, fact.data.agreed_by)
        sides = {party: side for party in named if (side := self._book.side(party)) is not None}
        return renegotiation_counts(promise.debtor, promise.creditor, sides, fact.acting_party, fact.data.agreed_by)

    def _settle(self, promise: Promise) -> None:
        if promise.state == "made":
            self._open[promise.id] = promise
        else:
            self._open.pop(promise.id, None)
        dimension = self._dimension(promise)
        if dimension is None:
            return
        self._book.put((promise.id, "now"), self._row(promise, dimension))
        for breach in promise.breaches:
            row = self._book.said("T7", "changed_late", dimension, breach, promise.stake, promise.debtor)
            self._book.put((breach.event_id, "T7"), row)

    def _row(self, promise: Promise, dimension: Dimension) -> Row | None:
        book = self._book
        if promise.state == "made" and promise.due is not None:
            at = max(promise.due, promise.agreed_at)
            return book.due("T4", "overdue", dimension, promise.agreed, at, promise.stake, promise.debtor)
        if promise.state == "fulfilled" and promise.kept is not None and promise.best is not None:
            late = promise.due is not None and promise.kept.at > promise.due
            rule, case = ("T2", "kept_late") if late else ("T1", "kept")
            best = promise.best
            vouched = Word(promise.kept.event_id, promise.kept.at, best.by, best.attestation)
            return book.said(rule, case, dimension, vouched, promise.stake, promise.debtor)
        if promise.ended is not None and promise.state in ("broken", "cancelled"):
            rule = "T3" if promise.state == "broken" else "T5"
            return book.said(rule, promise.state, dimension, promise.ended, promise.stake, promise.debtor)
        return None

    def _dimension(self, promise: Promise) -> Dimension | None:
        """Its own, else whose promise it is; a coach's promise without one speaks of no leg."""
        if promise.dimension is not None:
            return promise.dimension
        side = self._book.side(promise.debtor)
        return "seller" if side == "seller" else "self" if side in ("buyer", "self") else None


class Step(Struct, gc=False):
    """A milestone as far as it was read, `mapped` (by which fact, and when) or reached."""

    mapped: UUID
    mapped_at: datetime
    due: datetime | None
    state: str = "mapped"
    reached: Word | None = None


class Milestones:
    """All milestones of a stream: T21."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[UUID, Step] = {}
        self._open: dict[UUID, Step] = {}

    def mapped(self, fact: Fact, at: datetime) -> None:
        listed = {one.milestone_id: one.due for one in fact.data.milestones}
        for milestone, step in list(self._open.items()):
            if milestone not in listed:
                step.state = "dropped"
                self._settle(milestone, step)
        for milestone, due in listed.items():
            known = self._known.get(milestone)
            if known is not None and known.state == "reached":
                continue
            step = Step(fact.event_id, at, None if due is None else due_instant(due))
            self._known[milestone] = step
            self._settle(milestone, step)

    def reached(self, fact: Fact, at: datetime) -> None:
        milestone: UUID = fact.data.milestone_id
        step = self._known.setdefault(milestone, Step(fact.event_id, at, None))
        if step.reached is None:
            step.state, step.reached = "reached", word(fact, at)
            self._settle(milestone, step)

    def lapse_or_resume(self, at: datetime) -> None:
        """When the way is over what was not reached lapses; when it goes on, it is due again, from then on."""
        for milestone, step in self._open.items():
            step.mapped_at = max(step.mapped_at, at)
            self._settle(milestone, step, keep=True)

    def _settle(self, milestone: UUID, step: Step, *, keep: bool = False) -> None:
        if not keep:
            if step.state == "mapped":
                self._open[milestone] = step
            else:
                self._open.pop(milestone, None)
        self._book.put((milestone, "now"), self._row(step))

    def _row(self, step: Step) -> Row | None:
        if step.reached is not None:
            late = step.due is not None and step.reached.at > step.due
            return self._book.said("T21", "reached_late" if late else "reached", "process", step.reached)
        if step.state != "mapped" or step.due is None or self._book.over_at is not None:
            return None
        return self._book.due("T21", "overdue", "process", step.mapped, max(step.due, step.mapped_at))


def _stronger(known: Word | None, other: Word) -> Word:
    """Of two words for the same, the first that counts fully, else the first."""
    return other if known is None or (other.counts_fully and not known.counts_fully) else known
