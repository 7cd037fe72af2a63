"""What single facts say about trust: rules T14 to T20 and T22 to T24, apart from objections, promises and routines.

Where the rules speak of the seller, a goal has its owner; of the buyer's side, its owner too.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from domain.facts import Fact
from domain.fields import Dimension
from projections.trust.rows import Book, Word, word


class _Help(Struct, gc=False):
    """Help outside the sale: the word that it was given, the first that it was useful, and the strongest of those."""

    giver: UUID
    given: Word
    useful: Word | None = None
    best: Word | None = None


class Sayings:
    """Facts that each are a row of their own; of help, what was confirmed replaces what was given."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._helped: dict[UUID, _Help] = {}

    # -- help

    def given(self, fact: Fact, at: datetime) -> None:
        """Only what the seller's side does for another side, outside the sale."""
        book, data = self._book, fact.data
        if data.outside_sale and book.side(fact.acting_party) == book.house != book.side(data.to):
            self._helped[data.help_id] = _Help(fact.acting_party, word(fact, at))
            self._settle_help(data.help_id)

    def useful(self, fact: Fact, at: datetime) -> None:
        """The first word that it was useful counts, in the strongest quality given; one that it was not ends it."""
        found = self._helped.get(fact.data.help_id)
        if found is None:
            return
        said = word(fact, at)
        if not fact.data.useful:
            found.useful = found.best = None
            self._book.put((fact.data.help_id, "help"), None)
            return
        found.useful = found.useful or said
        if found.best is None or (said.counts_fully and not found.best.counts_fully):
            found.best = said
        self._settle_help(fact.data.help_id)

    def _settle_help(self, help_id: UUID) -> None:
        found, book = self._helped[help_id], self._book
        if found.useful is None or found.best is None:
            row = book.said("T15", "given", book.house, found.given, doer=found.giver)
        else:
            first, best = found.useful, found.best
            said = Word(first.event_id, first.at, best.by, best.attestation)
            row = book.said("T15", "useful", book.house, said, doer=found.giver)
        book.put((help_id, "help"), row)

    # -- the rest

    def recommended(self, fact: Fact, at: datetime) -> None:
        self._row("T16", "recommended", self._book.house, fact, at, fact.acting_party)

    def pressed(self, fact: Fact, at: datetime) -> None:
        self._row("T17", "pressed", self._book.house, fact, at, fact.acting_party)

    def presented(self, fact: Fact, at: datetime) -> None:
        if not fact.data.requested:
            self._row("T18", "unasked", "product", fact, at, fact.acting_party)

    def verified(self, fact: Fact, at: datetime) -> None:
        """Verified by the buyer; a no that the seller said first speaks for the seller."""
        book, data = self._book, fact.data
        if book.side(data.verified_by) != "buyer":
            return
        self._row("T19", data.met, "product", fact, at)
        if data.met == "no" and book.side(data.disclosed_by) == "seller":
            self._row("T19", "disclosed", "seller", fact, at)

    def understood(self, fact: Fact, at: datetime) -> None:
        """Confirmed by the buyer's side; nobody confirms that they understood themselves."""
        book = self._book
        if book.side(fact.data.by) == ("buyer" if book.kind == "deal" else "self"):
            self._row("T20", fact.data.accurate, book.house, fact, at)

    def measured(self, fact: Fact, at: datetime) -> None:
        if fact.data.verdict != "open":
            self._row("T22", fact.data.verdict, "product", fact, at)

    def renewed(self, fact: Fact, at: datetime) -> None:
        case = "renewed" if fact.data.renewed else "churned"
        self._row("T23", case, "product", fact, at)
        self._row("T23", case, "process", fact, at)

    def referred(self, fact: Fact, at: datetime) -> None:
        self._row("T24", "referred", "seller", fact, at)
        self._row("T24", "referred", "product", fact, at)

    def _row(
        self, rule: str, case: str, dimension: Dimension, fact: Fact, at: datetime, doer: UUID | None = None
    ) -> None:
        row = self._book.said(rule, case, dimension, word(fact, at), doer=doer)
        self._book.put((fact.event_id, f"{rule} {dimension}"), row)


By = Mapping[str, Callable[[Sayings, Fact, datetime], None]]

SAYINGS: By = MappingProxyType(
    {
        "help.given": Sayings.given,
        "help.confirmed": Sayings.useful,
        "alternative.recommended": Sayings.recommended,
        "pressure.applied": Sayings.pressed,
        "feature.presented": Sayings.presented,
        "requirement.verified": Sayings.verified,
        "understanding.confirmed": Sayings.understood,
        "outcome.measured": Sayings.measured,
        "renewal.decided": Sayings.renewed,
        "referral.given": Sayings.referred,
    }
)
"""By type of fact."""
