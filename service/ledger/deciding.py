"""Deciding: asks against folded streams, in order, without touching what is kept. No database and no waiting here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.admission import decide as admit_all
from domain.corrections import REWRITING
from domain.events import CATALOGUE
from domain.history import may_know, may_see
from domain.refusals import Refusal, StreamExists
from domain.stream import Stream, initial
from projections.list_row import ListRow
from service.ledger.asking import Ask, Decided, Staged
from service.ledger.memory import Kept
from service.ledger.refusals import Absent, EventIdReused, LedgerRefusal, VersionMismatch

_REWRITES = REWRITING | {"visibility.widened"}


class Draft:
    """One stream while a group is decided: what is kept, and a fork with the group's facts so far."""

    __slots__ = ("base_version", "families", "kept", "public", "rewrites", "row", "staged", "stream")

    def __init__(self, stream_id: str, kept: Kept | None) -> None:
        self.kept = kept
        self.base_version = 0 if kept is None else kept.version
        self.stream: Stream = initial(stream_id) if kept is None else kept.stream.fork()
        self.staged: dict[UUID, Staged] = {}
        self.families: set[str] = set()
        self.rewrites = False  # whether a fact of the group changes what earlier facts say or who sees them
        self.public: Stream | None = None  # what lists show of it, when that is not the stream itself
        self.row: ListRow | None = None  # as the append writes it

    @property
    def exists(self) -> bool:
        return self.stream.version > 0


class Group(Struct):
    """The outcome of deciding several asks: what to append, stream by stream, and who is refused why."""

    drafts: dict[UUID, Draft]
    granted: list[Decided]
    refused: list[tuple[Ask, Exception]]

    @property
    def staged(self) -> list[tuple[UUID, Staged]]:
        """All facts to append, in order, each with its stream."""
        return [(decided.ask.stream, staged) for decided in self.granted for staged in decided.staged]


def decide(
    asks: Sequence[Ask], kept: Mapping[UUID, Kept | LedgerRefusal], elsewhere: Mapping[UUID, UUID], at: datetime
) -> Group:
    """Decide each ask in order; a refused one leaves no trace for the next.

    `elsewhere` says which event ids are known to be on another stream than the one they are proposed for.
    """
    drafts: dict[UUID, Draft] = {}
    group = Group(drafts, [], [])
    for ask in asks:
        try:
            found = kept.get(ask.stream)
            if isinstance(found, Absent) and ask.opens:
                raise StreamExists("This stream id is taken.")
            if isinstance(found, LedgerRefusal):
                raise found
            draft = drafts.get(ask.stream)
            if draft is None:
                draft = drafts[ask.stream] = Draft(ask.stream_id, found)
            group.granted.append(_decide(ask, draft, elsewhere, at))
        except (Refusal, LedgerRefusal) as refusal:
            group.refused.append((ask, refusal))
    return group


def _decide(ask: Ask, draft: Draft, elsewhere: Mapping[UUID, UUID], at: datetime) -> Decided:
    if draft.exists and (draft.stream.stream_id != ask.stream_id or not may_know(ask.caller, draft.stream)):
        if ask.opens:
            raise StreamExists("This stream id is taken.")
        raise Absent
    if not draft.exists and not ask.opens:
        raise Absent
    if len(ask.event_ids) > 1 and len(set(ask.event_ids)) < len(ask.event_ids):
        raise EventIdReused(next(one for one in ask.event_ids if ask.event_ids.count(one) > 1))
    new = []
    for proposal, event_id, sent in zip(ask.proposals, ask.event_ids, ask.digests, strict=True):
        if _is_replay(ask, draft, event_id, sent):
            continue
        if elsewhere and event_id in elsewhere:
            raise EventIdReused(event_id)
        new.append((proposal, event_id, sent))
    if not new:
        return Decided(ask, ())
    _first_new(ask, draft)
    proposals = [(proposal, event_id) for proposal, event_id, _ in new]
    if len(proposals) == 1:  # a single fact is refused before it changes anything
        facts = admit_all(draft.stream, proposals, ask.caller, at)
    else:
        fork = draft.stream.fork()
        facts = admit_all(fork, proposals, ask.caller, at)
        fork.merge()
    staged = tuple(Staged(fact, sent) for fact, (_, _, sent) in zip(facts, new, strict=True))
    for one in staged:
        draft.staged[one.fact.event_id] = one
        draft.families.add(CATALOGUE[one.fact.type].family)
        draft.rewrites |= one.fact.type in _REWRITES
    return Decided(ask, staged)


def _first_new(ask: Ask, draft: Draft) -> None:
    """What holds for an ask that would append something; a pure repeat has been answered before this."""
    if ask.opens and draft.exists:
        raise StreamExists("This stream id is taken.")
    if ask.if_match is not None and ask.if_match != draft.stream.version:
        raise VersionMismatch(draft.stream.version)


def with_missed(refusal: Exception, ask: Ask, draft: Draft | None) -> Exception:
    """The refusal with what the caller missed, now that the facts decided before it are recorded."""
    kept = None if draft is None else draft.kept
    if not isinstance(refusal, VersionMismatch) or kept is None or ask.if_match is None:
        return refusal
    records = kept.records[ask.if_match : refusal.current_version]
    missed = [record for record in records if may_see(record.fact, ask.caller, kept.stream)]
    return VersionMismatch(refusal.current_version, missed)


def _is_replay(ask: Ask, draft: Draft, event_id: UUID, sent: bytes) -> bool:
    """Whether this very proposal is on the stream already; raises `EventIdReused` when another one is."""
    staged = draft.staged.get(event_id) if draft.staged else None
    if staged is not None:
        fact, known = staged.fact, staged.proposal_digest
    else:
        if draft.kept is None:
            return False
        index = draft.kept.index(event_id)
        if index is None:
            return False
        fact, stored = draft.kept.records[index].fact, draft.kept.digests[index]
        if stored is None:  # erased: there is nothing left to compare with
            stored = sent
        known = stored
    if known != sent or fact.actor.party_id != ask.caller.party_id:
        raise EventIdReused(event_id)
    return True
