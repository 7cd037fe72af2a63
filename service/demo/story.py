"""Stories as they lie in `stories/`, and one telling of them: with real days instead of relative ones, and own ids."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

STORIES = Path(__file__).parent / "stories"
NAMES = ("deal", "goal")

# The ids of the telling that is the default one come from this and the party who tells it.
TELLINGS = UUID("8d3f1f0c-52b5-5a55-8a3e-0d6a1f3f9b61")

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One fact of a story: what happened in plain words, and the proposal. `refused` names the rule against it."""

    told: str
    fact: dict[str, Any]
    refused: str | None = None

    @property
    def day(self) -> int:
        return int(self.fact["occurred_at"]["day"])


class Story(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole story. `me` stands for whoever tells it, `last_day` is the day (from 0) of its last fact, `turning_day`
    the one at whose end it stood worst."""

    title: str
    kind: Literal["deal", "goal"]
    stream_id: str
    me: str
    last_day: int
    turning_day: int
    facts: tuple[Line, ...]


def story(name: str) -> Story:
    """One of `NAMES`."""
    return msgspec.json.decode((STORIES / f"{name}.json").read_bytes(), type=Story)


class Telling:
    """A story told by one party, beginning on one day. The same telling gives the same ids, whenever it is made."""

    def __init__(self, told: Story, telling: UUID, me: UUID) -> None:
        self.story = told
        self._telling = telling
        self._me = me

    @property
    def stream_id(self) -> UUID:
        return uuid5(self._telling, self.story.stream_id)

    @property
    def path(self) -> str:
        """Where the API has the stream."""
        return f"/v1/{self.story.kind}s/{self.stream_id}"

    def last_possible_start(self, today: date) -> date:
        """The day on which the story begins when it ends the day before `today`."""
        return today - timedelta(days=self.story.last_day + 1)

    def proposal(self, line: Line, first_day: date) -> dict[str, Any]:
        """The proposal of a line as it goes over the wire."""
        placed: dict[str, Any] = _placed(line.fact, first_day, self._id)
        return placed

    def _id(self, text: str) -> str:
        return str(self._me if text == self.story.me else uuid5(self._telling, text))


def default_telling(me: UUID) -> UUID:
    """The telling that a party repeats when nothing else is said."""
    return uuid5(TELLINGS, str(me))


def _placed(value: Any, first_day: date, name: Callable[[str], str]) -> Any:
    """`value` with each `{"day", "hour"}` an instant, each `{"day"}` a calendar day, each UUID the telling's own."""
    if isinstance(value, dict):
        if value.keys() == {"day", "hour"}:
            start = datetime.combine(first_day, time(0), UTC)
            return (start + timedelta(days=value["day"], minutes=round(value["hour"] * 60))).isoformat()
        if value.keys() == {"day"}:
            return (first_day + timedelta(days=value["day"])).isoformat()
        return {key: _placed(inner, first_day, name) for key, inner in value.items()}
    if isinstance(value, list):
        return [_placed(inner, first_day, name) for inner in value]
    return name(value) if isinstance(value, str) and _UUID.match(value) else value
