"""A row whose deal is recorded already: what it adds, and where it contradicts what was recorded. Pure; asks nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import UNSET

from domain.events import CATALOGUE
from domain.events.deal import DealChanged
from domain.events.record import EventCorrected, EventVoided
from domain.facts import Fact, Proposal, Recorded
from service.imports.faults import RowFault
from service.imports.meaning import OPENS
from service.imports.rows import Planned, PlannedRow, dated_id, undated_id

CORRECT_IT = "The values as recorded; or record event.corrected or event.voided for that fact, and import again."


def additions(row: PlannedRow, records: Sequence[Recorded], roles: Iterable[str]) -> tuple[Proposal, ...]:
    """The facts of `row` that are not in `records` yet; `roles` are all that the map knows.

    A fact recorded without a date stands where it is when a later export has the date. What the opening did not say and
    the row says now becomes one deal.changed. Raises `RowFault` where the row contradicts what was recorded from an
    earlier export, or no longer says it.
    """
    earlier = _Earlier(row.stream, records)
    learned: dict[str, Any] = {}
    added: list[Proposal] = []
    contradictions: list[str] = []
    for planned in row.facts:
        record = earlier.of(planned.role)
        if record is None:
            added.append(planned.proposal)
        elif not record.erased:
            contradictions += earlier.differences(planned, record.fact, learned)
    said = {planned.role for planned in row.facts}
    for role in roles:
        if role not in said and (gone := earlier.of(role)) and gone.fact.event_id not in earlier.voided:
            contradictions.append(
                f"`{gone.fact.type}` was recorded from an earlier export, and the file says it no longer"
            )
    if contradictions:
        raise RowFault(f"{'; '.join(contradictions)}.", CORRECT_IT)
    return (*_change(row.stream, learned), *added)


def _change(stream: UUID, learned: Mapping[str, Any]) -> Iterator[Proposal]:
    """What is known of a deal since this import, as one fact of now."""
    if learned:
        event_id = uuid5(stream, f"learned {', '.join(sorted(learned))}")
        proposal = CATALOGUE["deal.changed"].proposal
        yield proposal(event_id=event_id, data=DealChanged(**learned))


class _Earlier:
    """What earlier imports and everybody else recorded on one stream."""

    def __init__(self, stream: UUID, records: Sequence[Recorded]) -> None:
        self._stream = stream
        self._by_id = {record.fact.event_id: record for record in records}
        data = [record.fact.data for record in records]
        self.voided = {one.target_event_id for one in data if isinstance(one, EventVoided)}
        self._corrections = [one for one in data if isinstance(one, EventCorrected)]
        self._changes = [one for one in data if isinstance(one, DealChanged)]

    def of(self, role: str) -> Recorded | None:
        """The fact that an import recorded in a role."""
        return self._by_id.get(dated_id(self._stream, role)) or self._by_id.get(undated_id(self._stream, role))

    def differences(self, planned: Planned, fact: Fact, learned: dict[str, Any]) -> Iterator[str]:
        """Where a row says something else than what was recorded; what is new about the deal goes to `learned`."""
        dated = fact.event_id != planned.undated_id
        at = planned.proposal.occurred_at
        if dated and at != fact.occurred_at:
            now = "the file has no date" if at is None else f"the file says {at:%Y-%m-%d}"
            yield f"`{fact.type}` was recorded for {fact.occurred_at:%Y-%m-%d}, and {now}"
        versions = [fact.data, *self._corrected(fact)]
        if planned.proposal.data in versions:
            return
        changes = self._changes if fact.type == OPENS else []
        differing: dict[str, Any] = {}
        for name in planned.proposal.data.__struct_fields__:
            value = _said(planned.proposal.data, name)
            if value not in (before := _recorded(name, versions, changes)):
                differing[name] = value
                if fact.type == OPENS and before == {None}:
                    learned[name] = value
        if learned and "title" in differing:
            learned["title"] = differing["title"]  # a title is made of the other members, and follows them
        for name, value in differing.items():
            if name not in learned:
                yield f"`{name}` of {fact.type} was recorded as {_said(versions[-1], name)}, and the file says {value}"

    def _corrected(self, fact: Fact) -> Iterator[Any]:
        for correction in self._corrections:
            if correction.target_event_id == fact.event_id:
                yield msgspec.convert(correction.data, type(fact.data))


def _said(data: Any, name: str) -> Any:
    """What a fact says of a member; None when it says nothing."""
    value = getattr(data, name)
    return None if value is UNSET else value


def _recorded(name: str, versions: Iterable[Any], changes: Iterable[Any]) -> set[Any]:
    """Every value that was ever recorded for a member: by the fact, its corrections, and what changed it."""
    changed = (getattr(change, name) for change in changes)
    return {*(_said(version, name) for version in versions), *(value for value in changed if value is not UNSET)}
