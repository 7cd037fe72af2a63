"""Who may see which fact. One rule for reads, lists, feeds and for what a refusal may name."""

from uuid import UUID

from domain.facts import Caller, Fact, Visibility
from domain.state import Stream


def may_see(fact: Fact, caller: Caller, stream: Stream) -> bool:
    """Whether `caller` may see `fact`, which is on `stream`. A stream is visible to whom its first fact is."""
    if stream.kind == "workspace":
        return caller.role in {"owner", "auditor"}
    first = stream.first
    if first is not None and first.event_id != fact.event_id and not _sees(first, caller, stream):
        return False
    return _sees(fact, caller, stream)


def _sees(fact: Fact, caller: Caller, stream: Stream) -> bool:
    visibility = stream.visibility(fact)
    if caller.role == "guest":
        return visibility is Visibility.SHARED and caller.stream_id == stream.stream_id
    if visibility is Visibility.TEAM or visibility is Visibility.SHARED:
        return True
    if is_from(fact, caller.party_id):
        return True
    return visibility is Visibility.PARTICIPANTS and stream.takes_part(caller.party_id)


def is_from(fact: Fact, party_id: UUID) -> bool:
    """Whether the party recorded the fact or it was their act."""
    return party_id in (fact.actor.party_id, fact.acting_party)
