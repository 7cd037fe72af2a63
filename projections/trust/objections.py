"""What objections say about trust: rules T9 to T14. Raising one never costs anything."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.facts import Fact
from domain.fields import Dimension
from projections.trust.rows import Book, Row, Size, word


class Objection(Struct, gc=False):
    """An objection as far as it was read. `waiting` is the slot of the row it will give if nobody hears it in time."""

    id: UUID
    dimension: Dimension
    severity: Size
    raised: UUID
    waiting: tuple[UUID, str] | None = None
    waits: int = 0


class Objections:
    """All objections of a stream. One that was never seen to be raised says nothing."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._known: dict[UUID, Objection] = {}
        self._unheard: dict[UUID, Objection] = {}

    def raised(self, fact: Fact, at: datetime) -> None:
        data = fact.data
        found = Objection(data.objection_id, data.dimension, data.severity, fact.event_id)
        self._known[found.id] = found
        self._wait(found, at)

    def heard(self, fact: Fact, at: datetime) -> Objection | None:
        """Acknowledged or answered; every later step hears it too. What was unheard in time ages from then on."""
        found = self._known.get(fact.data.objection_id)
        if found is not None:
            self._stop(found, at)
        return found

    def resolved(self, fact: Fact, at: datetime) -> None:
        self._settled("T10", fact, at)

    def confirmed(self, fact: Fact, at: datetime) -> None:
        self._settled("T9", fact, at)

    def dismissed(self, fact: Fact, at: datetime) -> None:
        found = self.heard(fact, at)
        if found is not None:
            row = self._book.said("T12", "dismissed", found.dimension, word(fact, at), found.severity)
            self._book.put((fact.event_id, "T12"), row)

    def accepted(self, fact: Fact, at: datetime) -> None:
        """The no stands, and whoever sells is trusted for saying so."""
        if self.heard(fact, at) is not None:
            self._book.put((fact.event_id, "T14"), self._book.said("T14", "accepted", self._book.house, word(fact, at)))

    def reopened(self, fact: Fact, at: datetime) -> None:
        """T13: it counts as settled no longer, and waits to be heard again."""
        found = self._known.get(fact.data.objection_id)
        if found is not None:
            self._book.put((found.id, "settled"), None)
            found.raised = fact.event_id
            self._wait(found, at)

    def stop_waiting(self, at: datetime) -> None:
        """The way is over: nobody is kept waiting from then on."""
        for found in list(self._unheard.values()):
            self._stop(found, at, still_unheard=True)

    def wait_again(self, at: datetime) -> None:
        """The way goes on: what was never heard waits from then on."""
        for found in self._unheard.values():
            self._wait(found, at)

    def _settled(self, rule: str, fact: Fact, at: datetime) -> None:
        found = self.heard(fact, at)
        if found is not None:
            case = "confirmed" if rule == "T9" else "resolved"
            row = self._book.said(rule, case, found.dimension, word(fact, at), found.severity)
            self._book.put((found.id, "settled"), row)

    def _wait(self, found: Objection, at: datetime) -> None:
        self._unheard[found.id] = found
        if found.waiting is not None or self._book.over_at is not None:
            return
        found.waits += 1
        found.waiting = (found.id, f"unheard {found.waits}")
        starts_at = at + timedelta(days=self._book.policy.acknowledge_days)
        row = self._book.due("T11", "unheard", found.dimension, found.raised, starts_at, found.severity)
        self._book.put(found.waiting, row)

    def _stop(self, found: Objection, at: datetime, *, still_unheard: bool = False) -> None:
        if not still_unheard:
            self._unheard.pop(found.id, None)
        if found.waiting is None:
            return
        row = self._book.rows.get(found.waiting)
        if row is not None:
            self._book.put(found.waiting, None if at <= row.starts_at else _aging(row, at))
        found.waiting = None


def _aging(row: Row, at: datetime) -> Row:
    return Row(row.event_id, row.rule, row.case, row.dimension, row.weight_for, row.weight_against, row.starts_at, at)
