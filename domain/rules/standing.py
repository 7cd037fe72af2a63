"""Rules about the stream as a whole: what opens it, what a closed deal still takes, what is already so."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from uuid import UUID

from domain.facts import Caller, Fact
from domain.refusals import (
    AlreadyOpened,
    AlreadySo,
    DealIsClosed,
    DealIsOpen,
    GoalSupportsItself,
    NotYetOpened,
    OtherKindOfStream,
)
from domain.relations import Plan
from domain.sight import may_see
from domain.state import Stream

OPENING = {"deal": "deal.opened", "goal": "goal.set"}
STAGES_BEFORE_CLOSE = frozenset({"first_thought", "passive_looking", "active_looking", "deciding"})
REFUSED_WHEN_CLOSED = frozenset(
    {
        "deal.closed",
        "requirement.stated",
        "requirement.answered",
        "requirement.verified",
        "feature.presented",
    }
)

Check = Callable[[Stream, Fact, Caller | None], None]


def opened_once(stream: Stream, fact: Fact, plan: Plan) -> None:
    """The right type on the right kind of stream, and an opening fact first and only first."""
    opening = OPENING.get(stream.kind)
    if stream.kind not in plan.event_type.on:
        kinds = sorted(plan.event_type.on)
        raise OtherKindOfStream(f"{fact.type} is not for a {stream.kind}.", on=kinds)
    if stream.version == 0:
        if opening is not None and fact.type != opening:
            raise NotYetOpened(f"The first fact of a {stream.kind} is {opening}, not {fact.type}.", first=opening)
    elif fact.type == opening:
        raise AlreadyOpened(f"The {stream.kind} was opened before.")


def already(stream: Stream, cause: UUID | None, caller: Caller | None, detail: str) -> AlreadySo:
    """The refusal of an effect that holds already; it names the causing event if the caller may see it."""
    entry = None if cause is None else stream.find(cause)
    if entry is None or caller is None or not may_see(entry.fact, caller, stream):
        return AlreadySo(detail)
    return AlreadySo(detail, event_id=entry.fact.event_id)


def open_deal(stream: Stream, fact: Fact, _caller: Caller | None) -> None:
    """What only an open deal can have."""
    closed = stream.closed
    if closed is None or (fact.type == "stage.entered" and fact.data.stage not in STAGES_BEFORE_CLOSE):
        return
    raise DealIsClosed(f"The deal was closed as {closed.data.outcome}.", closed_at=closed.occurred_at)


def _closed_once(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    closed = stream.closed
    if closed is not None and closed.data.outcome == fact.data.outcome:
        raise already(stream, closed.event_id, caller, f"The deal is already closed as {closed.data.outcome}.")
    open_deal(stream, fact, caller)


def _stage(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    open_deal(stream, fact, caller)
    if stream.stage == fact.data.stage:
        raise already(stream, stream.stage_event, caller, f"The deal is already at {stream.stage}.")


def _reopened(stream: Stream, _fact: Fact, _caller: Caller | None) -> None:
    if stream.closed is None:
        raise DealIsOpen("The deal is open.")


def _status(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    same = fact.data.lifecycle == stream.lifecycle and fact.data.achievement in (None, stream.achievement)
    if same:
        raise already(stream, stream.status_event, caller, f"The goal is already {stream.lifecycle}.")


def _linked(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    parent = fact.data.parent
    if stream.stream_id == f"goal/{parent}":
        raise GoalSupportsItself("A goal cannot support itself.")
    known = stream.thing(parent)
    if known is not None and known.kind == "link":
        raise already(stream, known.moved, caller, "This goal already supports that one.")


def _left(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    participant = stream.participant(fact.data.party_id)
    if participant is not None and participant.left is not None:
        raise already(stream, participant.left, caller, "The participant has already left.")


def _joined(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    said = fact.data
    there = stream.participant(said.party_id)
    if there is None or there.left is not None or (there.side, there.roles) != (said.side, said.roles):
        return
    before = there.fact.data
    if (said.name, said.buying_experience) == (
        getattr(before, "name", None),
        getattr(before, "buying_experience", None),
    ):
        raise already(stream, there.fact.event_id, caller, "The participant already takes part in this way.")


def _pause_started(stream: Stream, _fact: Fact, caller: Caller | None) -> None:
    if stream.pause is not None:
        raise already(stream, stream.pause, caller, "A selling pause is already on.")


def _pause_ended(stream: Stream, _fact: Fact, caller: Caller | None) -> None:
    if stream.pause is None:
        raise already(stream, None, caller, "No selling pause is on.")


STANDING: Mapping[str, Check] = MappingProxyType(
    {
        **dict.fromkeys(REFUSED_WHEN_CLOSED, open_deal),
        "deal.closed": _closed_once,
        "stage.entered": _stage,
        "deal.reopened": _reopened,
        "goal.status_changed": _status,
        "goal.linked": _linked,
        "participant.joined": _joined,
        "participant.left": _left,
        "selling_pause.started": _pause_started,
        "selling_pause.ended": _pause_ended,
    }
)
"""What is asked of the stream as a whole, by type."""
