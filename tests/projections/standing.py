"""What holds of a story, as answers are computed from it; and how the business says what these tests need."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, structs, to_builtins

from domain.facts import ERASED, Caller, Proposal
from domain.history import effective
from domain.relations import MEMBERS
from domain.stream import Stream, fold
from projections.view import View
from tests.domain.telling import BUYER, Story, fact, known_as


def standing(story: Story, as_of: datetime | None = None) -> Stream:
    """The story folded from the facts that hold, in the order in which they happened."""
    return fold(story.stream.stream_id, [record.fact for record in effective(story.records, as_of)])


def moment(text: str) -> datetime:
    """A moment in UTC, such as `2026-03-29 01:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on(day: str, zone: str = "Europe/Amsterdam") -> dict[str, str]:
    """A due by the end of a calendar day."""
    return {"local_date": day, "time_zone": zone}


def force(name: str, kind: str, intensity: int) -> Proposal:
    return fact("force.observed", force_id=known_as(name), force=kind, statement="It says so", intensity=intensity)


def force_now(name: str, intensity: int) -> Proposal:
    return fact("force.changed", force_id=known_as(name), intensity=intensity, because="Something changed")


def no(name: str, **more: Any) -> Proposal:
    said = {"scope": "timing", "kind": "deferral", "said_by": BUYER, "statement": "Not before the peak is over"}
    return fact("no.received", no_id=known_as(name), **{**said, **more})


def mapped(*milestones: tuple[str, str, Any]) -> Proposal:
    """A journey of milestones, each a name, a side and a due or None."""
    listed = [
        {"milestone_id": known_as(name), "name": name, "owner_side": side} | ({} if due is None else {"due": due})
        for name, side, due in milestones
    ]
    return fact("journey.mapped", end_state="Every shift is filled", milestones=listed)


def routine(name: str, zone: str = "Europe/Lisbon", *, day: float = 0, **schedule: Any) -> Proposal:
    """A routine, once a day unless `schedule` says otherwise: `times` and `per`, or `weekdays`."""
    rhythm = schedule or {"times": 1, "per": "day"}
    return fact("routine.set", routine_id=known_as(name), name=name, time_zone=zone, schedule=rhythm, day=day)


def checkin(name: str, day: str, status: str = "done") -> Proposal:
    return fact("checkin.recorded", routine_id=known_as(name), local_date=day, status=status)


def asked(story: Story, at: datetime | None = None, as_of: datetime | None = None, by: Caller | None = None) -> View:
    """What a projection is asked about: the story as it stands `at` a moment, or as it stood then (`as_of`).

    All of the story, or what may be seen of it `by` somebody.
    """
    records = story.records if by is None else story.seen_by(by)
    stream = fold(story.stream.stream_id, [record.fact for record in effective(records, as_of)])
    moment = as_of or at or stream.last_at
    assert moment is not None
    return View(stream, moment)


def erased(story: Story, at: datetime) -> View:
    """The story after every word in it was destroyed."""
    facts = [structs.replace(record.fact, data=_wordless(record.fact.data)) for record in effective(story.records)]
    return View(fold(story.stream.stream_id, facts), at)


def wordless(story: Story, answer: Struct) -> Any:
    """An answer as JSON would have it, with null in the place of every word of the story."""
    words: set[str] = set()
    for record in effective(story.records):
        words |= set(_words_in(record.fact.data))
    return _without(to_builtins(answer), words)


def _without(value: Any, words: set[str]) -> Any:
    if isinstance(value, dict):
        inner = {key: _without(one, words) for key, one in value.items()}
        return None if inner == {"name": None} else inner
    if isinstance(value, list):
        return [_without(one, words) for one in value]
    return None if isinstance(value, str) and value in words else value


def _words_in(data: Any) -> Iterator[str]:
    members = MEMBERS[type(data)]
    yield from (value for name in members.texts if isinstance(value := getattr(data, name), str))
    for name in members.nested:
        value = getattr(data, name)
        for inner in value if isinstance(value, tuple) else [value]:
            if isinstance(inner, Struct):
                yield from _words_in(inner)


def _wordless(data: Any) -> Any:
    members = MEMBERS[type(data)]
    changes: dict[str, Any] = {name: ERASED for name in members.texts if isinstance(getattr(data, name), str)}
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, tuple):
            changes[name] = tuple(_wordless(one) for one in value)
        elif isinstance(value, Struct):
            changes[name] = _wordless(value)
    return structs.replace(data, **changes)
