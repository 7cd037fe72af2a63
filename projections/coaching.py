"""What coaches ask (part of P20): through which lens, and how sure the coached person was before and after.

The second is a count of what followed what. It shows a correlation, never that one made the other, and is no advice.
"""

from collections import Counter
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.conduct import CoachingAsked
from domain.events.self_checks import ConfidenceStated
from domain.facts import Fact
from projections.figures import ratio

Lens = Literal["close", "help", "learn"]

LENSES: tuple[Lens, ...] = get_args(Lens)


class CoachAsked(Struct, frozen=True, kw_only=True):
    """One coach's questions by lens. `help_lens_share` is help among help and close, 0..1, null without either."""

    coach: UUID
    asked: int
    close: int
    help: int
    learn: int
    help_lens_share: float | None


class LensAndConfidence(Struct, frozen=True, kw_only=True):
    """How sure coached people were around questions through one lens.

    Of the questions `asked`, `compared` are those whose coachee said how sure they were (of anything) before and again
    after; there it `rose`, `fell` or was the `same` from the last statement before to the first after.
    """

    lens: Lens
    asked: int
    compared: int
    rose: int
    fell: int
    same: int


class Coaching:
    """Coaching by the facts taken so far, in the order in which they happened."""

    def __init__(self) -> None:
        self._asked: dict[UUID, Counter[Lens]] = {}
        self._sure: dict[UUID, float] = {}
        self._waiting: dict[UUID, list[tuple[Lens, float]]] = {}  # questions whose coachee has not said since
        self._moved: Counter[tuple[Lens, str]] = Counter()

    def take(self, fact: Fact) -> None:
        match fact.data:
            case CoachingAsked(coach=coach, coachee=coachee, lens=lens):
                self._asked.setdefault(coach, Counter())[lens] += 1
                if coachee in self._sure:
                    self._waiting.setdefault(coachee, []).append((lens, self._sure[coachee]))
            case ConfidenceStated(value=value):
                party = fact.acting_party
                for lens, before in self._waiting.pop(party, ()):
                    self._moved[lens, "rose" if value > before else "fell" if value < before else "same"] += 1
                self._sure[party] = value

    def coaches(self) -> list[CoachAsked]:
        """A row for each coach, in the order in which they first asked."""
        return [
            CoachAsked(
                coach=coach,
                asked=lenses.total(),
                close=lenses["close"],
                help=lenses["help"],
                learn=lenses["learn"],
                help_lens_share=ratio(lenses["help"], lenses["help"] + lenses["close"]),
            )
            for coach, lenses in self._asked.items()
        ]

    def lenses(self) -> list[LensAndConfidence]:
        """A row for each lens, also those that nobody asked through."""
        rows = []
        for lens in LENSES:
            rose, fell, same = (self._moved[lens, way] for way in ("rose", "fell", "same"))
            asked = sum(lenses[lens] for lenses in self._asked.values())
            row = LensAndConfidence(
                lens=lens, asked=asked, compared=rose + fell + same, rose=rose, fell=fell, same=same
            )
            rows.append(row)
        return rows
