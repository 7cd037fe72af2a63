"""What holds of a story, as answers are computed from it; and how the business says what these tests need."""

from datetime import UTC, datetime
from typing import Any

from domain.facts import Proposal
from domain.history import effective
from domain.stream import Stream, fold
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
