"""A stream as steps: each fact with what it did, who recorded it and the state after it. Asks and shows nothing.

The three answers that a step is woven of are the service's own (`timeline`, `audit`, `replay`), whoever computed them.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from projections.audit_entries import AuditEntry
from projections.patch import PatchStep
from projections.timeline.entries import EventTold, TimelineEntry


class Held(Struct, frozen=True):
    """A fact that holds, as the replay answers it: the state after it and the change, both plain JSON."""

    event: dict[str, Any]
    state: dict[str, Any]
    change: list[PatchStep]


class Step(Struct, frozen=True, kw_only=True):
    """One fact. `held` is None for what was voided, and for voids and corrections: their work is in what holds.

    `before` and `state` are the states around it, the same where it changed nothing. `meanwhile` tells what fell due
    or went silent since the step before. `said` is what a search looks through.
    """

    told: EventTold
    record: AuditEntry
    held: Held | None
    before: dict[str, Any] | None
    state: dict[str, Any] | None
    meanwhile: list[str]
    said: str

    @property
    def version(self) -> int:
        return self.told.stream_version


class Story(Struct, frozen=True, kw_only=True):
    """All steps in the order in which things happened. `source` says where they are from and what that proves.

    `hidden` counts the facts of the stream that the reader may not see; None where that is not told. `since` is what
    time alone brought after the last fact.
    """

    stream_id: str
    source: str
    steps: Sequence[Step]
    since: list[str]
    hidden: int | None = None

    def at_version(self, version: int) -> int | None:
        """The place of the fact with this version."""
        return next((place for place, step in enumerate(self.steps) if step.version == version), None)

    def at_moment(self, moment: datetime) -> int:
        """The place of the last fact that counts from this moment or before; the first when there is none."""
        return max((place for place, step in enumerate(self.steps) if step.told.at <= moment), default=0)

    def saying(self, text: str, after: int) -> int | None:
        """The place of the next fact that says something, round the end; None when none does."""
        wanted = text.casefold()
        order = [*range(after + 1, len(self.steps)), *range(min(after + 1, len(self.steps)))]
        return next((place for place in order if wanted in self.steps[place].said), None)

    def names(self) -> dict[str, str]:
        """What the people of the stream are called, by their ids, as they were called last; else by their side."""
        last = next((step.state for step in reversed(self.steps) if step.state is not None), None)
        people = [] if last is None else last["participants"]
        return {one["party_id"]: one["name"] or f"{one['side']} …{one['party_id'][-8:]}" for one in people}


def woven(
    timeline: Iterable[TimelineEntry], audit: Iterable[AuditEntry], held: Iterable[Held]
) -> tuple[list[Step], list[str]]:
    """The steps of a stream, and what time alone brought after the last."""
    records: dict[UUID, AuditEntry] = {entry.event_id: entry for entry in audit}
    states = {UUID(one.event["event_id"]): one for one in held}
    steps: list[Step] = []
    state: dict[str, Any] | None = None
    meanwhile: list[str] = []
    for entry in timeline:
        if not isinstance(entry, EventTold):
            meanwhile.append(f"{entry.at:%Y-%m-%d %H:%M} {entry.summary}")
            continue
        found = states.get(entry.event_id)
        after = state if found is None else found.state
        said = [entry.type, entry.summary, str(entry.event_id)]
        if found is not None:
            said.append(msgspec.json.encode([found.event.get("data"), found.event.get("evidence")]).decode())
        steps.append(
            Step(
                told=entry,
                record=records[entry.event_id],
                held=found,
                before=state,
                state=after,
                meanwhile=meanwhile,
                said="\n".join(said).casefold(),
            )
        )
        state, meanwhile = after, []
    return steps, meanwhile
