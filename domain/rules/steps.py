"""Rules about the lives of things: the next step is one of the table's, and taken by whose side it is."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from zoneinfo import ZoneInfo

from domain.facts import Caller, Fact
from domain.lifecycles import accepted_in
from domain.refusals import NoSuchThing, OtherParties, OutOfOrder, WrongSide
from domain.relations import Step
from domain.rules.standing import already
from domain.state import Stream, Thing

ThingCheck = Callable[[Stream, Fact, Thing, Caller | None], None]


def next_step(stream: Stream, fact: Fact, step: Step, caller: Caller | None) -> None:
    """The fact is a step that its thing can take now, and that is not taken already."""
    thing = stream.thing(getattr(fact.data, step.member))
    if thing is None:
        return  # it begins a new life; that it may is asked of its ids
    state = step.transitions.get((thing.state, fact.type))
    if state is None:
        if thing.state in {after for (_, by), after in step.transitions.items() if by == fact.type}:
            raise already(stream, thing.moved, caller, f"The {thing.kind} is already {thing.state}.")
        raise OutOfOrder(
            f"{fact.type} does not follow when the {thing.kind} is {thing.state}.",
            id=thing.id,
            kind=thing.kind,
            state=thing.state,
            accepts=accepted_in(step.transitions, thing.state),
        )
    check = THING_CHECKS.get(fact.type)
    if check is not None:
        check(stream, fact, thing, caller)


def accepted_steps(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    """Accepted steps are of the breakdown that is named, and something is newly accepted."""
    whole = stream.thing(fact.data.decomposition_id)
    steps = [stream.thing(step_id) for step_id in fact.data.step_ids]
    if whole is None or any(step is None or step.fact.event_id != whole.fact.event_id for step in steps):
        raise NoSuchThing("A step is not of this breakdown.", id=fact.data.decomposition_id, kinds=("step",))
    if all(step is not None and step.state == "accepted" for step in steps):
        raise already(stream, whole.moved, caller, "These steps are already accepted.")


def _side_of(member: str, deed: str) -> ThingCheck:
    def check(stream: Stream, fact: Fact, thing: Thing, _caller: Caller | None) -> None:
        side = stream.side(getattr(thing.fact.data, member, None))
        if side is None or stream.side(fact.acting_party) != side:
            raise WrongSide(f"Only the {member.replace('_', ' ')}'s side {deed}.", side=side)

    return check


def _as_requested(_stream: Stream, fact: Fact, thing: Thing, _caller: Caller | None) -> None:
    asked = thing.fact.data
    if (fact.data.debtor, fact.data.creditor) != (asked.debtor, asked.creditor):
        raise OtherParties("The promise was asked of another party, or by another.", id=thing.id)


def _force_changes(stream: Stream, fact: Fact, thing: Thing, caller: Caller | None) -> None:
    if thing.intensity == fact.data.intensity:
        raise already(stream, thing.moved, caller, f"The force already has the intensity {thing.intensity}.")


def _tested_anew(stream: Stream, fact: Fact, thing: Thing, caller: Caller | None) -> None:
    if thing.result == fact.data.result:
        raise already(stream, thing.moved, caller, f"The assumption was already found to be {thing.result}.")


def _confirmed_anew(stream: Stream, fact: Fact, thing: Thing, caller: Caller | None) -> None:
    if fact.data.by in thing.by:
        raise already(stream, thing.moved, caller, f"This party has already confirmed the {thing.kind}.")


def _before_the_end(_stream: Stream, fact: Fact, thing: Thing, _caller: Caller | None) -> None:
    """A routine that has ended still takes late check-ins, for the days until it did."""
    if thing.state != "ended":
        return
    last_day = thing.at.astimezone(ZoneInfo(thing.fact.data.time_zone)).date()
    if fact.data.local_date > last_day:
        raise OutOfOrder(
            f"The routine ended on {last_day}.",
            id=thing.id,
            kind=thing.kind,
            state=thing.state,
            accepts=("routine.set",),
        )


_CREDITOR = _side_of("creditor", "confirms, disputes or releases a promise")
_DEBTOR = _side_of("debtor", "takes a promise back")

THING_CHECKS: Mapping[str, ThingCheck] = MappingProxyType(
    {
        "commitment.made": _as_requested,
        "commitment.confirmed": _CREDITOR,
        "commitment.disputed": _CREDITOR,
        "commitment.released": _CREDITOR,
        "commitment.cancelled": _DEBTOR,
        "objection.confirmed": _side_of("raised_by", "confirms that an objection is settled"),
        "checkin.recorded": _before_the_end,
        "force.changed": _force_changes,
        "assumption.tested": _tested_anew,
        "insight.confirmed": _confirmed_anew,
        "help.confirmed": _confirmed_anew,
    }
)
"""What is asked of a thing beyond its table, by type."""
