"""Rules about facts that are about other facts: voids, corrections, widenings, notes on facts."""

from domain.facts import Caller, Fact, Visibility
from domain.refusals import (
    FirstFactStands,
    NotCorrectable,
    NotWider,
    NotYoursToChange,
    TargetIsVoided,
    VisibilityFollowsTarget,
    VoidIsFinal,
)
from domain.rules.references import exists
from domain.rules.standing import already
from domain.state import Entry, Stream

FINAL = frozenset({"event.voided", "visibility.widened", "content.erased"})
NOT_CORRECTABLE = FINAL | {"event.corrected"}
ABOUT_A_FACT = frozenset(
    {"event.voided", "event.corrected", "event.annotated", "visibility.widened", "attribution.recorded"}
)
FOLLOWS_TARGET = frozenset({"event.voided", "event.corrected", "visibility.widened"})


def target_of(stream: Stream, fact: Fact, caller: Caller | None) -> Entry:
    """The fact that `fact` is about; refused when there is none for the caller."""
    found = exists(stream, fact.data.target_event_id, ("event",), caller)
    if not isinstance(found, Entry):  # an event id finds nothing else
        raise TypeError(found)
    return found


def about_a_fact(stream: Stream, fact: Fact, caller: Caller) -> None:
    """What a fact about another fact may say, apart from what later facts think of it."""
    target = target_of(stream, fact, caller).fact
    void = stream.voided_by(target.event_id)
    if void is not None:
        if fact.type == "event.voided":
            raise already(stream, void, caller, "The fact is already voided.")
        raise TargetIsVoided("The fact was voided.")
    if fact.type in FOLLOWS_TARGET and fact.visibility is not followed(stream, fact, target):
        raise VisibilityFollowsTarget(f"It is visible to whom its target is, not to {fact.visibility.value}.")
    if fact.type == "event.voided":
        _voidable(stream, target, caller)
    elif fact.type == "event.corrected":
        if target.type in NOT_CORRECTABLE:
            raise NotCorrectable(f"A fact of type {target.type} is not corrected.")
        _yours(stream, target, caller)
    elif fact.type == "visibility.widened":
        _wider(stream, fact, target)


def followed(stream: Stream, fact: Fact, target: Fact) -> Visibility:
    """The visibility that a void, a correction or a widening has."""
    return Visibility(fact.data.to) if fact.type == "visibility.widened" else stream.visibility(target)


def _voidable(stream: Stream, target: Fact, caller: Caller) -> None:
    if target.type in FINAL:
        raise VoidIsFinal(f"A fact of type {target.type} is not voided.")
    if stream.first is not None and target.event_id == stream.first.event_id:
        raise FirstFactStands("The first fact of a stream is not voided.")
    _yours(stream, target, caller)


def _yours(stream: Stream, target: Fact, caller: Caller) -> None:
    """A fact is changed by who recorded it, or by an owner unless it is a counterparty's word."""
    if target.actor.party_id == caller.party_id:
        return
    own_side = "seller" if stream.kind == "deal" else "self"
    counterparty = target.attestation == "counterparty" or stream.side(target.actor.party_id) not in (None, own_side)
    if caller.role != "owner" or counterparty:
        raise NotYoursToChange("The fact is another party's.")


def _wider(stream: Stream, fact: Fact, target: Fact) -> None:
    now = stream.visibility(target)
    if Visibility(fact.data.to).width <= now.width:
        raise NotWider(f"The fact is already visible to {now.value}.", visibility=now.value)
