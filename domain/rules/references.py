"""Rules about what a fact points at: things and facts that are there, ids that are new, parties that take part."""

from uuid import UUID

from msgspec import Struct

from domain.facts import Caller, Fact, Visibility
from domain.refusals import IdIsTaken, NoSuchFact, NoSuchThing, NotAParticipant, VisibilityTooWide
from domain.relations import EVENT, Kinds, Plan, created_in, parties_in, things_in
from domain.sight import may_see
from domain.state import Entry, Stream, Thing

# A fact of these types may name a thing that is there as if it made it: it then says more about the same thing.
SAYS_MORE = frozenset({"commitment.made", "routine.set", "journey.mapped"})
# A party joins by the very fact that names it.
NAMES_NEWCOMERS = frozenset({"participant.joined"})


def parties_take_part(stream: Stream, fact: Fact, plan: Plan) -> None:
    """Everybody whom the fact names as a participant is or was one."""
    if fact.on_behalf_of is not None:
        _takes_part(stream, fact.on_behalf_of, "on_behalf_of", opener=fact.actor.party_id)
    if fact.type in NAMES_NEWCOMERS:
        return
    members = plan.members
    if members.plain:
        for name in members.parties:
            party = getattr(fact.data, name)
            if type(party) is UUID:
                _takes_part(stream, party, name)
    else:
        for party in parties_in(fact.data):
            _takes_part(stream, party, None)


def _takes_part(stream: Stream, party: UUID, member: str | None, opener: UUID | None = None) -> None:
    if stream.participant(party) is None and not (stream.version == 0 and party == opener):
        where = "" if member is None else f" in `{member}`"
        raise NotAParticipant(f"The party{where} does not take part in this {stream.kind}.", party_id=party)


def things_exist(stream: Stream, fact: Fact, plan: Plan, caller: Caller | None) -> None:
    """Whatever the fact refers to is on the stream, of a kind that fits, and may be seen by the caller.

    What is hidden from the caller reads as what is not there. Without a caller (a stream folded anew) all is seen.
    """
    members = plan.members
    if members.plain:
        for name, kinds in members.refers:
            reference = getattr(fact.data, name)
            if reference is not None:
                exists(stream, reference, kinds, caller)
    else:
        for reference, kinds in things_in(fact.data):
            exists(stream, reference, kinds, caller)


def exists(stream: Stream, reference: UUID, kinds: Kinds, caller: Caller | None) -> Thing | Entry:
    """The thing or fact that `reference` names; refused when it is not there for the caller."""
    if kinds[0] == EVENT:
        entry = stream.find(reference)
        if entry is None or (caller is not None and not may_see(entry.fact, caller, stream)):
            raise NoSuchFact("There is no fact with this id on the stream.", id=reference)
        return entry
    thing = stream.thing(reference)
    if thing is None or thing.kind not in kinds or (caller is not None and not may_see(thing.fact, caller, stream)):
        wanted = " or ".join(kinds)
        raise NoSuchThing(f"There is no {wanted} with this id on the stream.", id=reference, kinds=kinds)
    return thing


def ids_are_new(stream: Stream, fact: Fact, plan: Plan, caller: Caller | None) -> None:
    """What the fact makes is not there yet; or it is, and the fact may say more about it."""
    members = plan.members
    if not plan.event_type.creates:
        return
    if not members.nested and len(members.creates) == 1:
        name, kind = members.creates[0]
        _is_new(stream, fact, getattr(fact.data, name), kind, caller)
        return
    seen: set[UUID | None] = set()
    for made, kind in created_in(fact.data):
        if made in seen:
            raise IdIsTaken(f"The same {kind} id stands in the fact twice.", id=made)
        seen.add(made)
        _is_new(stream, fact, made, kind, caller)


def _is_new(stream: Stream, fact: Fact, made: UUID | None, kind: str, caller: Caller | None) -> None:
    known = None if made is None else stream.thing(made)
    if known is None:
        return
    seen = caller is None or may_see(known.fact, caller, stream)
    if not seen or known.kind != kind or fact.type not in SAYS_MORE:
        raise IdIsTaken(f"This id is not free for a new {kind}.", id=made)


def narrowest(stream: Stream, fact_data: Struct, plan: Plan) -> Visibility:
    """The visibility of the least visible fact that a fact with `fact_data` refers to; shared when there is none."""
    found = Visibility.SHARED
    members = plan.members
    step = plan.step
    if step is not None and step.begins and step.member in {name for name, _ in members.creates}:
        thing = stream.thing(getattr(fact_data, step.member))
        if thing is not None:
            found = _narrower(found, stream.visibility(thing.fact))
    if members.plain:
        for name, kinds in members.refers:
            reference = getattr(fact_data, name)
            if reference is not None:
                found = _narrower(found, _visibility(stream, reference, kinds))
    else:
        for reference, kinds in things_in(fact_data):
            found = _narrower(found, _visibility(stream, reference, kinds))
    return found


def _visibility(stream: Stream, reference: UUID, kinds: Kinds) -> Visibility:
    target = stream.find(reference) if kinds[0] == EVENT else stream.thing(reference)
    return Visibility.SHARED if target is None else stream.visibility(target.fact)


def _narrower(one: Visibility, other: Visibility) -> Visibility:
    return other if other.width < one.width else one


def not_wider_than(fact: Fact, at_most: Visibility) -> None:
    """A fact does not show who may not see what it refers to that this exists."""
    if fact.visibility.width > at_most.width:
        raise VisibilityTooWide(
            f"What it refers to is visible to {at_most.value}, this would be to {fact.visibility.value}.",
            at_most=at_most.value,
        )
