"""The record of a stream for auditors (P26): who recorded what, when, for whom, and what became of it. No verdicts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from domain.corrections import replacement
from domain.events.record import ContentErased, EventCorrected, EventVoided, VisibilityWidened
from domain.facts import Actor, Fact, Recorded, Visibility
from domain.state import Stream
from projections.audit_entries import AuditEntry, AuditTotals, Correction, Erasure, Recorder, Void, Widening
from projections.figures import days
from projections.list_row import said
from projections.sentences import Teller, sentence

# Recorded longer than this after it happened, a fact is marked as late: two days are a weekend without a signal.
LATE_AFTER = timedelta(hours=48)

Marked = Literal["late", "correction", "void", "erasure", "widening"]


class Audit:
    """The record of one stream: `records` as the asker may see them, in stream order, and `stream`, their fold.

    `teller` speaks of people and things in the sentences. Making one costs a pass over the records, each entry only
    what it tells.
    """

    def __init__(self, records: Sequence[Recorded], stream: Stream, teller: Teller) -> None:
        self._records = records
        self._stream = stream
        self._teller = teller
        self._facts = {record.fact.event_id: record.fact for record in records}
        self._corrections: dict[UUID, list[Fact]] = {}
        self._widened: dict[UUID, list[Fact]] = {}
        for record in records:
            data = record.fact.data
            if isinstance(data, EventCorrected):
                self._corrections.setdefault(data.target_event_id, []).append(record.fact)
            elif isinstance(data, VisibilityWidened):
                self._widened.setdefault(data.target_event_id, []).append(record.fact)

    def entries(
        self, *, after: int | None = None, backward: bool = False, only: Marked | None = None
    ) -> Iterator[AuditEntry]:
        """The entries with a version after (or, backward, before) `after`; `only` those that are marked so."""
        for record in reversed(self._records) if backward else self._records:
            version = record.fact.stream_version
            passed = after is not None and (version >= after if backward else version <= after)
            if not passed and (only is None or only in _marks(record)):
                yield self._entry(record)

    def totals(self) -> AuditTotals:
        """What all entries come to."""
        marks = Counter(mark for record in self._records for mark in _marks(record))
        facts: Counter[Actor] = Counter(record.fact.actor for record in self._records)
        others = Counter(one.fact.actor for one in self._records if one.fact.actor.party_id != one.fact.acting_party)
        late = Counter(record.fact.actor for record in self._records if _late(record))
        return AuditTotals(
            facts=len(self._records),
            late=marks["late"],
            corrections=marks["correction"],
            voids=marks["void"],
            erasures=marks["erasure"],
            widenings=marks["widening"],
            erased=sum(_erased(record) for record in self._records),
            recorders=[
                Recorder(
                    party_id=actor.party_id,
                    kind=actor.kind,
                    facts=count,
                    on_behalf=others[actor],
                    late=late[actor],
                )
                for actor, count in facts.items()
            ],
        )

    def _entry(self, record: Recorded) -> AuditEntry:
        fact = record.fact
        corrected = self._stream.corrected_by(fact.event_id)
        return AuditEntry(
            stream_version=fact.stream_version,
            position=record.position,
            event_id=fact.event_id,
            type=fact.type,
            summary=sentence(self._teller, fact),
            recorded_at=record.recorded_at,
            occurred_at=fact.occurred_at,
            late_days=days(record.recorded_at - fact.occurred_at) if _late(record) else None,
            recorded_by=fact.actor,
            acting_party=fact.acting_party,
            on_behalf=fact.actor.party_id != fact.acting_party,
            attestation=fact.attestation,
            visibility=fact.visibility,
            visible_now=self._stream.visibility(fact),
            device_id=fact.device_id,
            erased=_erased(record),
            voided_by=self._stream.voided_by(fact.event_id),
            corrected_by=None if corrected is None else corrected.event_id,
            change=self._change(fact),
        )

    def _change(self, fact: Fact) -> Correction | Void | Widening | Erasure | None:
        match fact.data:
            case EventCorrected() as told:
                target = told.target_event_id
                before, after = self._data_before(target, fact.stream_version), msgspec.to_builtins(replacement(told))
                return Correction(target_event_id=target, before=before, after=after, reason=said(told.reason))
            case EventVoided(target_event_id=target, reason=reason):
                before = self._data_before(target, fact.stream_version)
                return Void(target_event_id=target, target=before, reason=said(reason))
            case VisibilityWidened(target_event_id=target, to=to):
                return Widening(target_event_id=target, was=self._visibility_before(fact, target), now=Visibility(to))
            case ContentErased() as told:
                return Erasure(
                    scope=told.scope,
                    target_event_id=told.target_event_id,
                    party_id=told.party_id,
                    reason=said(told.reason),
                )
        return None

    def _data_before(self, target: UUID, version: int) -> dict[str, Any] | None:
        """The data that a fact had just before the fact with a version, after the corrections that held then."""
        fact = self._facts.get(target)
        for correction in reversed(self._corrections.get(target, ())):
            if correction.stream_version < version and not self._voided_before(correction.event_id, version):
                return cast("dict[str, Any]", msgspec.to_builtins(replacement(correction.data)))
        if fact is None or fact.data is None:
            return None
        return cast("dict[str, Any]", msgspec.to_builtins(fact.data))

    def _voided_before(self, event_id: UUID, version: int) -> bool:
        void = self._stream.voided_by(event_id)
        return void is not None and void in self._facts and self._facts[void].stream_version < version

    def _visibility_before(self, fact: Fact, target: UUID) -> Visibility | None:
        found = self._facts.get(target)
        if found is None:
            return None
        earlier = [one for one in self._widened[target] if one.stream_version < fact.stream_version]
        widths = [found.visibility, *(Visibility(one.data.to) for one in earlier)]
        return max(widths, key=lambda visibility: visibility.width)


def _late(record: Recorded) -> bool:
    return record.recorded_at - record.fact.occurred_at > LATE_AFTER


def _erased(record: Recorded) -> bool:
    return record.erased or record.fact.data is None


_MARK_OF: dict[str, Marked] = {
    "event.corrected": "correction",
    "event.voided": "void",
    "content.erased": "erasure",
    "visibility.widened": "widening",
}


def _marks(record: Recorded) -> Iterator[Marked]:
    mark = _MARK_OF.get(record.fact.type)
    if mark is not None:
        yield mark
    if _late(record):
        yield "late"
