"""The facts that say an erasure, staged for the log. What they say is who, what scope and why, never what there was."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from msgspec import Struct

from domain.completion import complete
from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.record import ContentErased
from domain.events.workspace import PartyErased
from domain.facts import Actor, Caller, Fact, Recorded, Visibility, stream_key
from domain.stream import Stream, evolve, fold
from domain.subjects import subject_of
from service.ledger.asking import Decided as Granted
from service.ledger.asking import Staged, proposal_digest
from service.ledger.deciding import Draft, Group
from service.ledger.erasing.asked import Wanted
from service.ledger.erasing.reach import Reach
from service.ledger.memory import Kept
from service.ledger.parts import divide, unite


def said(
    wanted: Wanted,
    reach: Reach,
    streams: Mapping[UUID, Kept],
    home: tuple[UUID, Kept | None],
    event_id: UUID,
    by: Actor,
    at: datetime,
) -> Group:
    """One fact on every stream that loses content; of a party's erasure one more on the workspace's own (`home`).

    The one named `event_id` is the last of a party's erasure, else the only one.
    """
    group = Group({}, [], [])
    workspace_id, own = home
    for stream, kept in streams.items():
        if stream != workspace_id:
            one = event_id if wanted.scope != "party" else uuid5(event_id, str(stream))
            visibility = Visibility.SHARED if _guests_lose(wanted, reach, kept) else Visibility.TEAM
            _say(group, stream, Draft(kept.stream.stream_id, kept), _erasing(wanted), visibility, one, by, at)
        if wanted.scope == "event":
            _without(group.drafts[stream], reach.events)
    if wanted.scope == "party":
        erased = PartyErased(party_id=wanted.target_id, streams=len(reach.facts), reason=wanted.reason)
        draft = Draft(stream_key("workspace", workspace_id), own)
        _say(group, workspace_id, draft, erased, Visibility.TEAM, event_id, by, at)
    return group


def _erasing(wanted: Wanted) -> ContentErased:
    return ContentErased(
        scope=wanted.scope,
        target_event_id=wanted.target_id if wanted.scope == "event" else None,
        party_id=wanted.target_id if wanted.scope == "party" else None,
        reason=wanted.reason,
    )


def _guests_lose(wanted: Wanted, reach: Reach, kept: Kept) -> bool:
    """Whether guests of the stream hold something of what goes: they have to be told, as everybody is who follows."""
    stream = kept.stream
    return any(
        stream.visibility(record.fact) is Visibility.SHARED and _goes(wanted, reach, stream, record)
        for record in kept.records
    )


def _goes(wanted: Wanted, reach: Reach, stream: Stream, record: Recorded) -> bool:
    match wanted.scope:
        case "event":
            return record.fact.event_id in reach.events
        case "party":
            return not record.erased and subject_of(stream, record.fact) == wanted.target_id
        case "stream":
            return True


def _say(
    group: Group,
    stream: UUID,
    draft: Draft,
    erased: Data,
    visibility: Visibility,
    event_id: UUID,
    by: Actor,
    at: datetime,
) -> None:
    """Stage an erasing fact. Whoever may know of the stream sees it, and guests where they saw what goes."""
    proposal = CATALOGUE[type(erased).declared.name].proposal(data=erased, visibility=visibility)
    fact = complete(draft.stream, proposal, Caller(by.party_id, "owner", by.kind), event_id=event_id, at=at)
    evolve(draft.stream, fact)
    staged = Staged(fact, proposal_digest(proposal))
    draft.staged[event_id] = staged
    draft.families.add(CATALOGUE[fact.type].family)
    group.drafts[stream] = draft
    group.granted.append(Granted(_Saying(stream), (staged,)))  # type: ignore[arg-type]  # nobody waits for an answer


class _Saying(Struct, frozen=True):
    """Stands where an ask does, for facts that the service itself says."""

    stream: UUID


def _without(draft: Draft, events: Sequence[UUID]) -> None:
    """Let the draft's fold be what is left, so that the list row is made anew without the words that go."""
    facts = [without_words(fact) if fact.event_id in events else fact for fact in draft.stream.facts]
    draft.stream = fold(draft.stream.stream_id, facts)
    draft.rewrites = True


def without_words(fact: Fact) -> Fact:
    """The fact as it reads once its words are destroyed."""
    parts = divide(fact)
    return unite(fact.stream_id, fact.stream_version, parts.envelope, parts.structure, None)
