"""Who may see a fact, for everybody at once, and what a later fact changes about it. The rule itself is in `sight`."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from domain.corrections import REWRITING
from domain.facts import Caller, Fact, Visibility
from domain.state import Stream
from domain.stream import fold

# Facts that can change who takes part, and the one that changes who may see another fact.
COMING_AND_GOING = frozenset({"participant.joined", "participant.left"})
WIDENING = "visibility.widened"
SHIFTING = frozenset({*COMING_AND_GOING, *REWRITING, WIDENING})

_NOBODY_ELSE: frozenset[UUID] = frozenset()


class Audience(Struct, frozen=True, gc=False):
    """Whom `domain.sight.may_see` lets see one fact.

    `officers` are owners and auditors, `team` is everybody but guests, `guest` the one who is bound to the stream;
    `parties` see it besides, whatever their role, unless they are guests.
    """

    stream_id: str
    officers: bool = False
    team: bool = False
    guest: bool = False
    parties: frozenset[UUID] = _NOBODY_ELSE

    def admits(self, caller: Caller) -> bool:
        """Whether the caller is among them."""
        if caller.role == "guest":
            return self.guest and caller.stream_id == self.stream_id
        return self.team or caller.party_id in self.parties or (self.officers and caller.role in {"owner", "auditor"})


def audience(fact: Fact, stream: Stream) -> Audience:
    """Who may see `fact`, which is on `stream`, now."""
    if stream.kind == "workspace":
        return Audience(stream.stream_id, officers=True)
    first = stream.first or fact
    widths = stream.visibility(first), stream.visibility(fact)
    guest = widths[1] is Visibility.SHARED
    if min(widths[0].width, widths[1].width) >= Visibility.TEAM.width:
        return Audience(stream.stream_id, team=True, guest=guest)
    admitted = [
        _parties(one, visibility, stream)
        for one, visibility in zip((first, fact), widths, strict=True)
        if visibility.width < Visibility.TEAM.width
    ]
    return Audience(stream.stream_id, guest=guest, parties=frozenset.intersection(*admitted))


def _parties(fact: Fact, visibility: Visibility, stream: Stream) -> frozenset[UUID]:
    own = {fact.actor.party_id, fact.acting_party}
    if visibility is Visibility.PARTICIPANTS:
        own.update(party for party in stream.participants if stream.takes_part(party))
    return frozenset(own)


class Shift(Struct, frozen=True):
    """What one fact changed about who may see the facts before it: audiences as they were and as they are."""

    turned: frozenset[tuple[Audience, Audience]]

    def concerns(self, caller: Caller) -> bool:
        """Whether the caller sees another part of the stream's earlier facts than before."""
        return any(was.admits(caller) is not now.admits(caller) for was, now in self.turned)


def shift(facts: Sequence[Fact], version: int, stream: Stream) -> Shift | None:
    """What the fact at `version` changed about the sight of those before it; None for nearly every fact.

    `facts` are the stream's, by version; `stream` is their fold. Costs what the stream is long, when it costs anything.
    """
    if not _may_shift(facts, version, stream):
        return None
    before, after = fold(stream.stream_id, facts[: version - 1]), fold(stream.stream_id, facts[:version])
    pairs = ((audience(fact, before), audience(fact, after)) for fact in facts[: version - 1])
    turned = frozenset((was, now) for was, now in pairs if was != now)
    return Shift(turned) if turned else None


def _may_shift(facts: Sequence[Fact], version: int, stream: Stream) -> bool:
    fact = facts[version - 1]
    if fact.type not in SHIFTING or version == 1:
        return False
    if fact.type == WIDENING:
        return True
    if stream.width >= Visibility.TEAM.width:  # who takes part makes no difference
        return False
    if fact.type in COMING_AND_GOING:
        return True
    target = None if fact.data is None else stream.find(fact.data.target_event_id)
    return target is not None and target.fact.type in COMING_AND_GOING
