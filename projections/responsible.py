"""Which facts made an answer another: one change after the other is made, and the answer asked for in between.

Knows no answer. What an answer is, and which facts changed, is given.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from domain.facts import Fact
from domain.stream import fold, initial
from projections.view import View

# So many facts are folded, and read by all answers together, in order to say which of them did what: about a second.
# What is not found by then is told as one group.
FACTS_FOLDED_MAX = 100_000
FACTS_READ_MAX = 200_000

_encode = msgspec.json.Encoder(order="deterministic").encode
Question = Callable[[View], Any]


class Held(NamedTuple):
    """A fact as it counts in one view, and when it counts from (UTC)."""

    at: datetime
    fact: Fact


class Change(NamedTuple):
    """One fact from how it counts in the first view to how it counts in the second; None: not at all."""

    event_id: UUID
    before: Held | None
    after: Held | None


def held_by(view: View) -> dict[UUID, Held]:
    """The facts of a view by id, in the order in which they happened."""
    return {entry.fact.event_id: Held(entry.at, entry.fact) for entry in view.entries}


def order_of(held: Held | None) -> tuple[datetime, int]:
    """By what facts are put in the order in which they happened."""
    assert held is not None, "a change is of something"
    return held.at, held.fact.stream_version


class Chain:
    """The views between two views: the first so many changes made, at one moment."""

    def __init__(self, before: View, after: View, changes: Sequence[Change]) -> None:
        self.before, self.after, self.changes = before, after, changes
        self.at = max(before.at, after.at)
        self._facts = held_by(before)
        self.size = max(before.stream.version, after.stream.version, 1)
        self.folds_left = FACTS_FOLDED_MAX // self.size
        self._views = {0: _at(before, self.at), len(changes): _at(after, self.at)}

    def view(self, made: int) -> View | None:
        """The view after so many changes; None when there is no time left for another one."""
        view = self._views.get(made)
        if view is None and self.folds_left > 0:
            self.folds_left -= 1
            facts = dict(self._facts)
            for change in self.changes[:made]:
                facts.pop(change.event_id, None)
                if change.after is not None:
                    facts[change.event_id] = change.after
            held = sorted(facts.values(), key=order_of)
            stream_id = self.after.stream.stream_id
            stream = fold(stream_id, [one.fact for one in held]) if held else initial(stream_id)
            view = self._views[made] = View(stream, self.at, self.after.policy)
        return view


def _at(view: View, at: datetime) -> View:
    return View(view.stream, at, view.policy)


class Search:
    """Looks for the changes at which an answer becomes another, by halving what lies between two that differ."""

    def __init__(self, question: Question, chain: Chain, looks: int) -> None:
        self.found: list[int] = []
        self.exact = True
        self._looks = looks
        self._question = question
        self._chain = chain

    def begin(self, first: bytes) -> bytes:
        """The first view's answer, which read `first`, at the moment of the chain."""
        chain = self._chain
        return first if chain.before.at == chain.at else read(self._question, _at(chain.before, chain.at))

    def end(self, last: bytes) -> bytes:
        """The second view's answer, which read `last`, at the moment of the chain."""
        chain = self._chain
        return last if chain.after.at == chain.at else read(self._question, _at(chain.after, chain.at))

    def value(self, made: int) -> bytes | None:
        """The answer after so many changes; None when there is no time left to ask for it."""
        view = self._chain.view(made) if self._looks > 0 else None
        self._looks -= 1
        return None if view is None else read(self._question, view)

    def between(self, low: int, low_value: bytes, high: int, high_value: bytes) -> None:
        """Note the changes between two answers; where they read the same, none is to blame."""
        if low_value == high_value or low == high:
            return
        if high - low == 1:
            self.found.append(low)
            return
        middle = (low + high) // 2
        value = self.value(middle)
        if value is None:
            self.exact = False
            self.found += range(low, high)
            return
        self.between(low, low_value, middle, value)
        self.between(middle, value, high, high_value)


def read(question: Question, view: View) -> bytes:
    """The answer as JSON; null while the stream has not begun."""
    return b"null" if view.stream.first is None else _encode(question(view))
