"""Who may see which fact. One rule for reads, lists, feeds and for what a refusal may name."""

from uuid import UUID

from domain.facts import Caller, Fact, Visibility
from domain.state import Stream


def may_know(caller: Caller, stream: Stream) -> bool:
    """Whether `caller` may know that `stream`, which has its first fact, is there.

    A guest knows of the one stream that the key invites to, whoever sees its first fact. Everybody else knows of the
    streams whose first fact they see.
    """
    if caller.role == "guest":
        return stream.kind != "workspace" and caller.stream_id == stream.stream_id
    return stream.first is None or may_see(stream.first, caller, stream)


def may_see(fact: Fact, caller: Caller, stream: Stream) -> bool:
    """Whether `caller` may see `fact`, which is on `stream`.

    To all but guests a stream is visible as its first fact is; a guest sees what is shared on the stream invited to.
    """
    if stream.kind == "workspace":
        return caller.role in {"owner", "auditor"}
    if caller.role == "guest":
        return caller.stream_id == stream.stream_id and stream.visibility(fact) is Visibility.SHARED
    first = stream.first
    if first is not None and first is not fact and first.event_id != fact.event_id and not _sees(first, caller, stream):
        return False
    return _sees(fact, caller, stream)


def _sees(fact: Fact, caller: Caller, stream: Stream) -> bool:
    visibility = stream.visibility(fact)
    if visibility is Visibility.TEAM or visibility is Visibility.SHARED:
        return True
    if is_from(fact, caller.party_id):
        return True
    return visibility is Visibility.PARTICIPANTS and stream.takes_part(caller.party_id)


def is_from(fact: Fact, party_id: UUID) -> bool:
    """Whether the party recorded the fact or it was their act."""
    return party_id in (fact.actor.party_id, fact.acting_party)
