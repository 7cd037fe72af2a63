"""The lives of things as tables (state, type of fact) -> state. The only source of which step may follow which."""

from collections.abc import Mapping
from types import MappingProxyType

Transitions = Mapping[tuple[str | None, str], str]

COMMITMENT: Transitions = {
    (None, "commitment.requested"): "requested",
    (None, "commitment.made"): "made",
    ("requested", "commitment.made"): "made",
    ("requested", "commitment.declined"): "declined",
    ("requested", "commitment.cancelled"): "cancelled",
    ("made", "commitment.renegotiated"): "made",
    ("made", "commitment.fulfilled"): "fulfilled",
    ("made", "commitment.broken"): "broken",
    ("made", "commitment.cancelled"): "cancelled",
    ("made", "commitment.released"): "released",
    ("fulfilled", "commitment.confirmed"): "confirmed",
    ("fulfilled", "commitment.disputed"): "disputed",
    ("disputed", "commitment.fulfilled"): "fulfilled",
    ("disputed", "commitment.broken"): "broken",
}

# Steps may be skipped forward, never taken back except by reopening.
OBJECTION: Transitions = {
    (None, "objection.raised"): "raised",
    ("raised", "objection.acknowledged"): "acknowledged",
    ("raised", "objection.answered"): "answered",
    ("acknowledged", "objection.answered"): "answered",
    ("raised", "objection.resolved"): "resolved",
    ("acknowledged", "objection.resolved"): "resolved",
    ("answered", "objection.resolved"): "resolved",
    ("raised", "objection.confirmed"): "confirmed",
    ("acknowledged", "objection.confirmed"): "confirmed",
    ("answered", "objection.confirmed"): "confirmed",
    ("resolved", "objection.confirmed"): "confirmed",
    ("raised", "objection.dismissed"): "dismissed",
    ("acknowledged", "objection.dismissed"): "dismissed",
    ("answered", "objection.dismissed"): "dismissed",
    ("raised", "objection.accepted"): "accepted",
    ("acknowledged", "objection.accepted"): "accepted",
    ("answered", "objection.accepted"): "accepted",
    ("resolved", "objection.reopened"): "raised",
    ("confirmed", "objection.reopened"): "raised",
    ("dismissed", "objection.reopened"): "raised",
    ("accepted", "objection.reopened"): "raised",
}

QUESTION: Transitions = {
    (None, "question.asked"): "open",
    ("open", "question.answered"): "answered",
}
INSIGHT: Transitions = {
    (None, "insight.recorded"): "recorded",
    ("recorded", "insight.confirmed"): "confirmed",
    ("confirmed", "insight.confirmed"): "confirmed",
}
ASSUMPTION: Transitions = {
    (None, "assumption.recorded"): "untested",
    ("untested", "assumption.tested"): "tested",
    ("tested", "assumption.tested"): "tested",
}
MOTIVE: Transitions = {(None, "motive.recorded"): "recorded"}
FORCE: Transitions = {
    (None, "force.observed"): "observed",
    ("observed", "force.changed"): "observed",
}
NO: Transitions = {
    (None, "no.received"): "standing",
    ("standing", "no.lifted"): "lifted",
}
ALTERNATIVE: Transitions = {
    (None, "alternative.considered"): "considered",
    ("considered", "alternative.eliminated"): "eliminated",
}
HESITATION: Transitions = {
    (None, "hesitation.noticed"): "noticed",
    ("noticed", "hesitation.cleared"): "cleared",
}
REQUIREMENT: Transitions = {
    (None, "requirement.stated"): "stated",
    ("stated", "requirement.answered"): "answered",
    ("answered", "requirement.answered"): "answered",
    ("verified", "requirement.answered"): "answered",
    ("stated", "requirement.verified"): "verified",
    ("answered", "requirement.verified"): "verified",
    ("verified", "requirement.verified"): "verified",
}
HELP: Transitions = {
    (None, "help.given"): "given",
    ("given", "help.confirmed"): "confirmed",
    ("confirmed", "help.confirmed"): "confirmed",
}
# A milestone that a new map leaves out is dropped; one that was reached stays reached.
MILESTONE: Transitions = {
    (None, "journey.mapped"): "mapped",
    ("mapped", "journey.mapped"): "mapped",
    ("dropped", "journey.mapped"): "mapped",
    ("reached", "journey.mapped"): "reached",
    ("mapped", "milestone.reached"): "reached",
}
EXPERIMENT: Transitions = {
    (None, "experiment.started"): "running",
    ("running", "experiment.ended"): "ended",
}
ROUTINE: Transitions = {
    (None, "routine.set"): "running",
    ("running", "routine.set"): "running",
    ("ended", "routine.set"): "running",
    ("running", "routine.ended"): "ended",
    ("running", "checkin.recorded"): "running",
    ("ended", "checkin.recorded"): "ended",
}
OUTCOME: Transitions = {
    (None, "outcome.defined"): "defined",
    ("defined", "outcome.measured"): "measured",
    ("measured", "outcome.measured"): "measured",
}
DECOMPOSITION: Transitions = {
    (None, "goal.decomposed"): "proposed",
    ("proposed", "goal.decomposition_accepted"): "accepted",
    ("accepted", "goal.decomposition_accepted"): "accepted",
}
STEP: Transitions = {
    (None, "goal.decomposed"): "proposed",
    ("proposed", "goal.decomposition_accepted"): "accepted",
    ("accepted", "goal.decomposition_accepted"): "accepted",
}

LIFECYCLES: Mapping[str, Transitions] = MappingProxyType(
    {
        "commitment": COMMITMENT,
        "objection": OBJECTION,
        "question": QUESTION,
        "insight": INSIGHT,
        "assumption": ASSUMPTION,
        "motive": MOTIVE,
        "force": FORCE,
        "no": NO,
        "alternative": ALTERNATIVE,
        "hesitation": HESITATION,
        "requirement": REQUIREMENT,
        "help": HELP,
        "milestone": MILESTONE,
        "experiment": EXPERIMENT,
        "routine": ROUTINE,
        "outcome": OUTCOME,
        "decomposition": DECOMPOSITION,
        "step": STEP,
    }
)
"""Every kind of thing that can be on a stream, with its life."""

SETTLED_OBJECTIONS = frozenset({"resolved", "confirmed", "dismissed", "accepted"})
OPEN_COMMITMENTS = frozenset({"requested", "made"})
OPEN_STATES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "commitment": OPEN_COMMITMENTS,
        "objection": frozenset({"raised", "acknowledged", "answered"}),
        "force": frozenset({"observed"}),  # while its intensity is above 0
        "no": frozenset({"standing"}),
        "milestone": frozenset({"mapped"}),
        "routine": frozenset({"running"}),
    }
)
"""The states in which a thing still asks for something. Kinds that are not here never do."""


def outcome_of(transitions: Transitions, state: str, event_type: str) -> str | None:
    """The state that `event_type` leads to: by the table, else wherever it leads from elsewhere; None if nowhere.

    Admission asks the table alone. The fold also meets facts in the order in which they happened, where a step that was
    recorded late may stand before the one it followed: there a fact says what it says. One that only ever leaves a
    state as it is says nothing about it.
    """
    found = transitions.get((state, event_type))
    if found is None:
        moves = ((before, after) for (before, by), after in transitions.items() if by == event_type)
        found = next((after for before, after in moves if before != after), None)
    return found


def accepted_in(transitions: Transitions, state: str | None) -> tuple[str, ...]:
    """The types of fact that may follow in `state`, in the order of the table."""
    return tuple(event_type for before, event_type in transitions if before == state)


def renegotiation_counts(
    debtor: object, creditor: object, sides: Mapping[object, str], acting: object, agreed_by: object
) -> bool:
    """Whether both sides of a promise stand behind its change; otherwise it is as if it had not been.

    `sides` gives the side of each participant. A promise to oneself, or within one side, needs nobody else.
    """
    concerned = {sides.get(debtor), sides.get(creditor)}
    return concerned <= {sides.get(acting), sides.get(agreed_by)}
