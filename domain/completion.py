"""From proposal to fact: what the client left out is filled in, the same way on every retry. Reads no clock."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.record import EventCorrected
from domain.facts import Attestation, Caller, Fact, Proposal, Visibility
from domain.refusals import (
    CorrectionMalformed,
    GuestFactsAreShared,
    MomentOutOfRange,
    NotCorrectable,
    ReferencesChanged,
    SchemaVersionUnknown,
    TextTooLong,
)
from domain.relations import MEMBERS, PLANS, Plan, composed, created_in, parties_in, things_in
from domain.rules.record import FOLLOWS_TARGET, NOT_CORRECTABLE
from domain.rules.references import exists, narrowest
from domain.rules.saying import EARLIEST, LATEST
from domain.state import Entry, Stream

PLAN_OF: Mapping[type[Struct], Plan] = MappingProxyType(
    {event_type.proposal: PLANS[name] for name, event_type in CATALOGUE.items()}
)

SHOWS_THE_HOUSE = frozenset(
    {
        "understanding.confirmed",
        "requirement.verified",
        "alternative.recommended",
        "alignment.recorded",
        "outcome.measured",
        "renewal.decided",
        "referral.given",
    }
)
"""Types that show how well the seller, or a goal's owner, did, without being a step in a life of their own."""


def complete(stream: Stream, proposal: Proposal, caller: Caller, *, event_id: UUID, at: datetime) -> Fact:
    """The fact that `proposal` is, recorded by `caller` at `at` as the next of `stream`. Raises a `Refusal`."""
    plan = PLAN_OF[type(proposal)]
    event_type = plan.event_type
    if proposal.schema_version not in (None, event_type.schema_version):
        known = tuple(range(1, event_type.schema_version + 1))
        raise SchemaVersionUnknown(f"{event_type.name} has no version {proposal.schema_version}.", known=known)
    data = _data(stream, proposal, plan, caller, event_id)
    return Fact(
        event_id=event_id,
        type=event_type.name,
        schema_version=event_type.schema_version,
        stream_id=stream.stream_id,
        stream_version=stream.version + 1,
        occurred_at=at if proposal.occurred_at is None else _utc(proposal.occurred_at),
        visibility=_visibility(stream, proposal, data, plan, caller),
        actor=caller.actor,
        acting_party=proposal.on_behalf_of or _doer(data, event_type.doer) or caller.party_id,
        attestation=_attestation(stream, data, plan, caller),
        data=data,
        # What the client said beside, member by member: every fact takes this way, and a loop costs twice as much.
        on_behalf_of=proposal.on_behalf_of,
        basis=proposal.basis,
        confidence=proposal.confidence,
        evidence=tuple(map(_composed, proposal.evidence)) if proposal.evidence else (),
        local_date=proposal.local_date,
        time_zone=proposal.time_zone,
        correlation_id=proposal.correlation_id,
        causation_id=proposal.causation_id,
        device_id=proposal.device_id,
        device_sequence=proposal.device_sequence,
    )


# -- data


def _data(stream: Stream, proposal: Proposal, plan: Plan, caller: Caller, event_id: UUID) -> Data:
    data: Data = _composed(proposal.data)
    if plan.event_type.creates:
        data = with_ids(data, event_id, "")
    if isinstance(data, EventCorrected):
        data = _correction(stream, data, caller)
    return data


def with_ids(data: Any, event_id: UUID, path: str) -> Any:
    """Ids that were left out are derived from the event's id and their place, so that a retry makes the same ones."""
    members = MEMBERS[type(data)]
    changes: dict[str, Any] = {
        name: uuid5(event_id, path + name) for name, _ in members.creates if getattr(data, name) is None
    }
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, tuple):
            changes[name] = tuple(with_ids(one, event_id, f"{path}{name}/{at}/") for at, one in enumerate(value))
    return msgspec.structs.replace(data, **changes) if changes else data


def _composed(data: Any) -> Any:
    """`data` in composed form, which can be longer: what grew past its bound is refused."""
    result = composed(data)
    if result is not data:
        try:
            msgspec.convert(msgspec.to_builtins(result), type(data))
        except msgspec.ValidationError as fault:
            raise TextTooLong(f"In composed form a text is too long: {fault}") from None
    return result


def _correction(stream: Stream, said: EventCorrected, caller: Caller) -> EventCorrected:
    target = exists(stream, said.target_event_id, ("event",), caller)
    if not isinstance(target, Entry) or target.fact.type in NOT_CORRECTABLE or target.fact.data is None:
        raise NotCorrectable("This fact is not corrected.")
    fact = target.fact
    if said.target_type not in (None, fact.type):
        raise CorrectionMalformed(f"The target is a {fact.type}, not a {said.target_type}.", type=fact.type)
    cls = CATALOGUE[fact.type].cls
    try:
        data = _composed(msgspec.convert(said.data, cls))
    except msgspec.ValidationError as fault:
        raise CorrectionMalformed(f"It is not the data of a {fact.type}: {fault}", type=fact.type) from None
    data = _ids_of(data, fact.data)
    if _references(data) != _references(fact.data):
        raise ReferencesChanged("An id, a party or a reference differs from the target's.")
    return msgspec.structs.replace(said, target_type=fact.type, data=msgspec.to_builtins(data))


def _ids_of(data: Any, before: Any) -> Any:
    """`data` with the ids that it leaves out taken from what it corrects."""
    members = MEMBERS[type(data)]
    changes = {name: getattr(before, name) for name, _ in members.creates if getattr(data, name) is None}
    for name in members.nested:
        new, old = getattr(data, name), getattr(before, name)
        if isinstance(new, tuple) and list(map(type, new)) == list(map(type, old)):
            changes[name] = tuple(_ids_of(*pair) for pair in zip(new, old, strict=True))
    return msgspec.structs.replace(data, **changes) if changes else data


def _references(data: Struct) -> tuple[list[Any], ...]:
    return list(created_in(data)), list(things_in(data)), list(parties_in(data))


# -- envelope


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise MomentOutOfRange("The time lies too far away.", earliest=EARLIEST, latest=LATEST) from None


def _doer(data: Data, member: str | None) -> UUID | None:
    party = None if member is None else getattr(data, member)
    return party if isinstance(party, UUID) else None


def _visibility(stream: Stream, proposal: Proposal, data: Data, plan: Plan, caller: Caller) -> Visibility:
    """What was said, else the stream's default, narrowed to what the fact refers to; a guest's facts are shared."""
    said = proposal.visibility
    if plan.event_type.name in FOLLOWS_TARGET:
        if said is not None:
            return said
        if plan.event_type.name == "visibility.widened":
            return Visibility(data.to)  # type: ignore[attr-defined]  # of that type
        return narrowest(stream, data, plan)
    if caller.role == "guest":
        if said not in (None, Visibility.SHARED):
            raise GuestFactsAreShared("A guest's fact would be hidden from the others.")
        return Visibility.SHARED
    if said is not None:
        return said
    default = Visibility.PRIVATE if stream.kind == "goal" else Visibility.TEAM
    if default is Visibility.PRIVATE or not plan.event_type.refers:
        return default
    at_most = narrowest(stream, data, plan)
    return at_most if at_most.width < default.width else default


def _attestation(stream: Stream, data: Data, plan: Plan, caller: Caller) -> Attestation:
    """Who vouches for the fact, judged by who records it: the service, the other side, or nobody else."""
    if caller.role == "service" or caller.kind == "service":
        return "system"
    recorder = stream.participant(caller.party_id)
    side = None if recorder is None or recorder.left is not None else recorder.side
    answerable = _answerable_side(stream, data, plan)
    return "self" if side is None or answerable is None or side == answerable else "counterparty"


def _answerable_side(stream: Stream, data: Data, plan: Plan) -> str | None:
    """The side whose word is at stake in the fact; None when nobody's is.

    The debtor's of a promise, the helper's, a milestone's owner's; of an objection the side it is about; of what shows
    whether a deal or a goal was done well, the seller's or the owner's. Whoever is on another side can vouch for it.
    """
    house = "seller" if stream.kind == "deal" else "self"
    step = plan.step
    if step is None:
        return house if plan.event_type.name in SHOWS_THE_HOUSE else None
    thing = stream.thing(getattr(data, step.member))
    if thing is not None and thing.kind != step.kind:
        return None  # it will be refused
    said: Any = data if thing is None else thing.fact.data
    if step.kind == "commitment":
        return stream.side(getattr(said, "debtor", None))
    if thing is None:
        return None
    if step.kind == "objection":
        return stream.side(said.raised_by) if said.dimension == "self" else house
    if step.kind == "help":
        return stream.side(thing.fact.acting_party)
    if step.kind == "milestone":
        return next((one.owner_side for one in said.milestones if one.milestone_id == thing.id), house)
    return house if plan.event_type.name in SHOWS_THE_HOUSE else None
