"""Facts about the record itself: notes, corrections, voids, widenings, erasures. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import BOTH, WORKSPACE, Data, declares
from domain.events.references import Anything
from domain.events.samples import BUYER, NOTE_EVENT
from domain.fields import Person, Text, refers

# JSON as deep as the deepest data there is (a milestone's due on a journey) and no deeper: depth can exhaust a reader.
Leaf = str | int | float | bool | None
Inner = dict[str, Leaf | list[Leaf] | dict[str, Leaf]]
Outer = dict[str, Leaf | list[Leaf | Inner] | Inner]

TargetEvent = Annotated[UUID, refers("event")]


@declares(
    "note.recorded",
    on=BOTH,
    example={"text": "He paused for a long time before he said yes", "about": {"kind": "party", "id": BUYER}},
)
class NoteRecorded(Data, frozen=True, kw_only=True):
    """Something worth keeping that has no type of its own."""

    text: Text
    about: Anything | None = None


@declares(
    "event.corrected",
    on=BOTH,
    after=("note.recorded",),
    example={
        "target_event_id": NOTE_EVENT,
        "data": {"text": "He paused for a short time before he said yes", "about": {"kind": "party", "id": BUYER}},
        "reason": "I mistook him for his colleague",
    },
)
class EventCorrected(Data, frozen=True, kw_only=True):
    """A fact was recorded wrongly and now reads differently; `data` is the target's whole data."""

    target_event_id: TargetEvent
    target_type: Annotated[str, Meta(max_length=64, description="Type of the target; filled in when absent")] | None = (
        None
    )
    data: Annotated[
        Outer,
        Meta(
            description="All members of the target's data, with the same ids and references, checked against its type"
        ),
    ]
    reason: Text


@declares(
    "event.voided",
    on=BOTH,
    after=("note.recorded",),
    example={"target_event_id": NOTE_EVENT, "reason": "Recorded on the wrong deal"},
)
class EventVoided(Data, frozen=True, kw_only=True):
    """A fact is taken out of every answer; the audit keeps both."""

    target_event_id: TargetEvent
    reason: Text


@declares(
    "event.annotated",
    on=BOTH,
    after=("note.recorded",),
    example={"target_event_id": NOTE_EVENT, "note": "She was in the room as well"},
)
class EventAnnotated(Data, frozen=True, kw_only=True):
    """Something was added to a fact without changing it."""

    target_event_id: TargetEvent
    note: Text


@declares(
    "visibility.widened",
    on=BOTH,
    after=("note.recorded",),
    example={"target_event_id": NOTE_EVENT, "to": "shared"},
)
class VisibilityWidened(Data, frozen=True, kw_only=True):
    """More people may see a fact from now on; it never narrows again."""

    target_event_id: TargetEvent
    to: Literal["participants", "team", "shared"]


@declares(
    "content.erased",
    on=BOTH | WORKSPACE,
    service_only=True,
    example={"scope": "party", "party_id": BUYER, "reason": "Asked for on 2026-06-02"},
)
class ContentErased(Data, frozen=True, kw_only=True):
    """The content of a fact, of everything about a party, or of a stream was destroyed; the fact itself stays."""

    scope: Literal["event", "party", "stream"]
    target_event_id: UUID | None = None
    party_id: Person | None = None
    reason: Text
