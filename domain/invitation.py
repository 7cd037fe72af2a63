"""What an invitation lets a guest know of a stream, and say on it, beside what is shared there. Pure, and no content.

A guest must be able to use the stream they were invited to, also when its first fact is the team's or private: who
opened it and when, and on which side the guest takes part, is told by the invitation itself; nothing else is.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.corrections import replaced
from domain.effects import opener_of
from domain.events.people import ParticipantJoined
from domain.facts import Caller, Fact, Recorded
from domain.history import KnownAt, effective
from domain.refusals import GuestsSpeakForThemselves, NotForGuests
from domain.sight import may_see
from domain.state import Stream
from domain.stream import fold

GUESTS_MAY = frozenset(
    {
        # What the other side of a promise or an objection does in its own name
        "objection.raised",
        "objection.resolved",
        "objection.confirmed",
        "objection.dismissed",
        "objection.reopened",
        "commitment.requested",
        "commitment.made",
        "commitment.declined",
        "commitment.renegotiated",
        "commitment.fulfilled",
        "commitment.confirmed",
        "commitment.disputed",
        "commitment.broken",
        "commitment.cancelled",
        "commitment.released",
        # What a person asks, answers and says about themselves
        "question.asked",
        "question.answered",
        "insight.recorded",
        "insight.confirmed",
        "understanding.confirmed",
        "motive.recorded",
        "identity.stated",
        "no.received",
        "no.lifted",
        "requirement.stated",
        "intent.declared",
        "value_check.answered",
        "buy_check.answered",
        "confidence.stated",
        "trust.rated",
        # Where their word is worth more than that of the house
        "requirement.verified",
        "alignment.recorded",
        "help.given",
        "help.confirmed",
        "milestone.reached",
        "outcome.measured",
        "renewal.decided",
        "referral.given",
        # Remarks, and taking back what they said themselves
        "note.recorded",
        "event.annotated",
        "event.corrected",
        "event.voided",
    }
)
"""The types of fact that a guest may record. Where a deal or goal stands, and who takes part in it, is the house's."""


def within_invitation(fact: Fact, caller: Caller) -> None:
    """Refuse what a guest may not record; everybody else may."""
    if caller.role != "guest":
        return
    if fact.type not in GUESTS_MAY:
        raise NotForGuests(f"A guest does not record {fact.type}.", accepts=sorted(GUESTS_MAY))
    if fact.acting_party != caller.party_id:
        raise GuestsSpeakForThemselves("It would be the act of another party.", party_id=caller.party_id)


def guests_fold(
    records: Sequence[Recorded], caller: Caller, stream: Stream, as_of: datetime | None = None, known_at: KnownAt = None
) -> Stream | None:
    """The stream as a guest of it has it, from all its `records`: None when nothing had happened or was known.

    What is shared, the opening without its content, and the side of the guest's own participation.
    """
    told = []
    for record in records:
        fact = _told(record.fact, caller, stream)
        if fact is not None:
            told.append(record if fact is record.fact else msgspec.structs.replace(record, fact=fact))
    facts = effective(told, as_of, known_at)
    if not facts:
        return None
    folded = fold(stream.stream_id, [record.fact for record in facts])
    first = folded.first
    if first is not None and first.data is None and folded.first_at is not None:
        opener = opener_of(folded.kind, first, folded.first_at)
        folded.own_participants = {opener.party_id: opener, **folded.own_participants}
    return folded


def _told(fact: Fact, caller: Caller, stream: Stream) -> Fact | None:
    """The fact as the guest has it, None when not at all."""
    if may_see(fact, caller, stream):
        return fact
    if fact.stream_version == 1:
        return _bare(fact, None)
    if fact.type != "participant.joined" or fact.data is None or stream.voided_by(fact.event_id) is not None:
        return None
    if fact.data.party_id != caller.party_id:
        return None
    correction = stream.corrected_by(fact.event_id)
    side = (fact if correction is None else replaced(fact, correction)).data.side
    return _bare(fact, ParticipantJoined(party_id=caller.party_id, side=side))


def _bare(fact: Fact, data: ParticipantJoined | None) -> Fact:
    """The fact with `data` alone, and nothing of what its envelope may say beside who and when."""
    return Fact(
        event_id=fact.event_id,
        type=fact.type,
        schema_version=fact.schema_version,
        stream_id=fact.stream_id,
        stream_version=fact.stream_version,
        occurred_at=fact.occurred_at,
        visibility=fact.visibility,
        actor=fact.actor,
        acting_party=fact.actor.party_id,
        attestation=fact.attestation,
        data=data,
    )
