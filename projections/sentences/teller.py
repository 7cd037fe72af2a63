"""How people, words and things are spoken of in a sentence. No type of fact is known here."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.facts import ERASED, Fact
from domain.fields import Due, LocalDue, Named
from domain.state import Stream, Thing

# A sentence stays on a line or two of a screen; the fact itself has all of its words.
QUOTED_CHARS_MAX = 140
NAMED_MAX = 3  # of people in one sentence

UNNAMED = {"seller": "the seller", "buyer": "the buyer", "self": "the owner", "coach": "the coach"}
SOMEBODY = "somebody"


class Teller:
    """Speaks of what is on one stream: everybody by their latest name there, and of things by their own words.

    A person without a name is called by their side, words that were erased are left out.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._people = stream.participants

    def who(self, party: UUID | Named | None) -> str:
        """A person, inside a sentence."""
        if isinstance(party, Named):
            return party.name if party.name != ERASED else SOMEBODY
        participant = None if party is None else self._people.get(party)
        if participant is None:
            return SOMEBODY
        if participant.name is not None and participant.name != ERASED:
            return participant.name
        return UNNAMED[participant.side]

    def doer(self, fact: Fact) -> str:
        """Whose act it was."""
        return self.who(fact.acting_party)

    def people(self, parties: Iterable[UUID]) -> str:
        """Several people: at most three by name."""
        names = list(dict.fromkeys(map(self.who, parties)))
        return listed(names if len(names) <= NAMED_MAX else [*names[: NAMED_MAX - 1], "others"])

    def thing(self, thing_id: UUID | None) -> str:
        """The words of a thing in quotes, with a space before them; nothing when it has none that are left."""
        thing = None if thing_id is None else self._stream.thing(thing_id)
        words = None if thing is None else _words_of(thing)
        return "" if words is None else f" {quoted(words)}"


def said(words: object) -> str:
    """Words in quotes after a colon; nothing when none were said or they were erased."""
    return f": {quoted(words)}" if isinstance(words, str) and words != ERASED else ""


def quoted(words: str) -> str:
    """Words on one line in quotes, cut after 140 characters."""
    line = " ".join(words.split())
    return f"“{line if len(line) <= QUOTED_CHARS_MAX else line[: QUOTED_CHARS_MAX - 1].rstrip() + '…'}”"


def listed(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def spoken(code: str) -> str:
    """A closed value as words."""
    return code.replace("_", " ")


def number(value: float) -> str:
    """A number without a fraction that says nothing."""
    return f"{value:.15g}"


def until(due: Due | None) -> str:
    """When something is due, as a day; an instant's day is that in UTC."""
    if isinstance(due, LocalDue):
        return f" by {due.local_date}"
    return f" by {due.astimezone(UTC).date()}" if isinstance(due, datetime) else ""


def _words_of(thing: Thing) -> str | None:
    data: Any = thing.fact.data
    if thing.kind == "milestone":
        data = next((one for one in data.milestones if one.milestone_id == thing.id), None)
    elif thing.kind == "step":
        data = next((one for one in data.steps if one.step_id == thing.id), None)
    for member in ("statement", "text", "name", "measure", "change"):
        words = thing.statement if member == "statement" and thing.statement else getattr(data, member, None)
        if isinstance(words, str):
            return None if words == ERASED else words
    return None
