"""What to ask next (P22): the gaps that other answers leave, the most pressing first. It asks, never advises."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.forces import ForceKind
from domain.events.goal import ENDED
from domain.fields import Instant, Topic
from projections.alignment import alignment
from projections.discovery import discovery
from projections.forces import forces
from projections.motives import motives
from projections.objections import objections
from projections.requirements import requirements
from projections.signals import SignalName, signals
from projections.value_filter import value_questions
from projections.view import View

Reason = Literal[
    "blocking_objection_not_heard",
    "topic_unknown",
    "force_never_observed",
    "decider_without_motive",
    "value_unanswered",
    "misaligned",
    "requirement_without_how",
    "closed_unexplained",
    "signal",
]

# More than anybody asks before the next answer changes the list.
QUESTIONS_MAX = 100


OF_TOPICS: Mapping[Topic, str] = MappingProxyType(
    {
        "spend": "What may solving this cost, and who releases it?",
        "problem": "What happens today that should not go on happening?",
        "cost_of_inaction": "What does it cost if everything stays as it is?",
        "effort_people": "Who has to do what to make it work, and do they have the time?",
        "timeline": "By when does it have to work, and what happens on that day?",
    }
)
OF_FORCES: Mapping[ForceKind, str] = MappingProxyType(
    {
        "push": "What makes the present way hard to bear?",
        "pull": "What would be better than today?",
        "anxiety": "What could go wrong with the change?",
        "habit": "What of today's way would be missed?",
    }
)
# These say the same as another signal that is on with them, or as a reason of their own.
SAID_OTHERWISE: Mapping[SignalName, frozenset[SignalName]] = MappingProxyType(
    {
        "silence": frozenset({"silence_after_hesitation", "unexplained_silence"}),
        "impulse_unexamined": frozenset({"impulse_unexamined"}),  # which is for the value filter to ask
    }
)


class NextQuestion(Struct, frozen=True, kw_only=True):
    """One question, why it is asked, and the type of fact that records the answer.

    `about` names what it is about: a topic, a kind of force, a layer of motive, a question of the value filter, the
    subject of an alignment, or a signal; null otherwise. `subject_id` is the objection or the requirement, `party_id`
    who can answer best, each null where there is none. `evidence` are ids of the facts that leave it open, at most 20.
    """

    reason: Reason
    question: str
    answered_by: str
    about: str | None
    subject_id: UUID | None
    party_id: UUID | None
    evidence: list[UUID]


class Questions(Struct, frozen=True, kw_only=True):
    """What to ask next, the first question first; at most 100, `left_out` counts the others.

    The order is that of the reasons: blocking objections that nobody has heard; topics that are unknown; forces never
    observed; deciders without a stated motive (the layer's question that comes next); the value filter; what people do
    not agree on; requirements without a how; a close that nobody explained for 14 days; then every other signal that is
    on, with its own question. Within a reason the order is that of the answer it comes from. Once a deal is closed or a
    goal ended, only what can still be settled is asked: objections, misalignments, the close, and signals.
    `changes_at` (UTC) is the next instant at which a signal comes or goes by time alone; before it nothing changes.
    """

    questions: list[NextQuestion]
    left_out: int
    changes_at: Instant | None


def questions(view: View) -> Questions:
    """The questions that a stream leaves open, in the order in which to ask them."""
    stream = view.stream
    going_on = stream.closed is None and stream.lifecycle not in ENDED
    warned = signals(view)
    found = [
        *_unheard(view),
        *(_about_the_decision(view) if going_on else ()),
        *_misaligned(view),
        *(_without_how(view) if going_on and stream.kind == "deal" else ()),
    ]
    on = set(warned.names)
    for signal in warned.signals:
        if on & SAID_OTHERWISE.get(signal.name, frozenset()):
            continue
        explain = signal.name == "closed_unexplained"
        reason: Reason = "closed_unexplained" if explain else "signal"
        about = None if explain else signal.name
        found.append(_ask(reason, signal.question, signal.answered_by, about=about, evidence=signal.evidence))
    found.sort(key=lambda one: one.reason == "signal")  # stable: the others stay in their order
    return Questions(
        questions=found[:QUESTIONS_MAX], left_out=max(0, len(found) - QUESTIONS_MAX), changes_at=warned.changes_at
    )


def _unheard(view: View) -> Iterator[NextQuestion]:
    for one in objections(view).objections:
        if one.open and one.severity == "blocking" and one.state == "raised":
            yield _ask(
                "blocking_objection_not_heard",
                "What stands behind this objection?",
                "objection.acknowledged",
                subject_id=one.objection_id,
                party_id=one.raised_by,
                evidence=one.evidence[-1:],
            )


def _about_the_decision(view: View) -> Iterator[NextQuestion]:
    for topic in discovery(view).topics:
        if topic.status == "unknown":
            yield _ask("topic_unknown", OF_TOPICS[topic.topic], "qualification.updated", about=topic.topic)
    for force in forces(view).missing:
        yield _ask("force_never_observed", OF_FORCES[force], "force.observed", about=force)
    moved = motives(view)
    without = set(moved.deciders_without_motive)
    for party in moved.parties:
        if party.party_id in without:
            cell = next(cell for cell in party.cells if cell.question is not None)
            yield _ask(
                "decider_without_motive",
                cell.question or "",
                "motive.recorded",
                about=cell.layer,
                party_id=party.party_id,
                evidence=[motive.event_id for motive in cell.motives][-1:],
            )
    for check in value_questions(view):
        if check.answer is None:
            yield _ask("value_unanswered", check.ask, "value_check.answered", about=check.question)


def _misaligned(view: View) -> Iterator[NextQuestion]:
    for row in alignment(view).misaligned:
        yield _ask(
            "misaligned",
            "What does each of you mean by it?",
            "alignment.recorded",
            about=row.subject,
            party_id=row.stated_by,
            evidence=[row.event_id],
        )


def _without_how(view: View) -> Iterator[NextQuestion]:
    for one in requirements(view).requirements:
        if not one.answered:
            yield _ask(
                "requirement_without_how",
                "How exactly is this requirement met?",
                "requirement.answered",
                subject_id=one.requirement_id,
                party_id=one.stated_by,
                evidence=[one.event_id],
            )


def _ask(
    reason: Reason,
    question: str,
    answered_by: str,
    *,
    about: str | None = None,
    subject_id: UUID | None = None,
    party_id: UUID | None = None,
    evidence: list[UUID] | None = None,
) -> NextQuestion:
    return NextQuestion(
        reason=reason,
        question=question,
        answered_by=answered_by,
        about=about,
        subject_id=subject_id,
        party_id=party_id,
        evidence=evidence or [],
    )
