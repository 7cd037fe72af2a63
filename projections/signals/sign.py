"""What a warning is, before anybody asks at what moment: from when on, until when, why. No rule is in here."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple
from uuid import UUID

from msgspec import Struct

SignalName = Literal[
    "silence",
    "silence_after_hesitation",
    "unexplained_silence",
    "chasing",
    "effort_without_learning",
    "premature_yes",
    "price_pressure_after_unasked",
    "stalled",
    "stalemate",
    "no_next_step",
    "mandated_without_struggle",
    "impulse_unexamined",
    "no_owner_of_outcome",
    "claimed_not_earned",
    "ask_ratio_high",
    "closed_unexplained",
    "gone_quiet",
    "inaction_risk",
]
Missing = Literal["self", "process", "product"]

# The facts that show it best are the latest; an answer stays readable however often something happened.
EVIDENCE_MAX = 20


class Question(NamedTuple):
    """What to ask so that a signal is settled, and the type of fact that would record the answer."""

    text: str
    answered_by: str


class Sign(Struct, frozen=True, kw_only=True):
    """A signal as the facts make it, if nothing else is recorded: on at every moment from `since` to before `until`.

    Both (UTC) may lie in the future of the facts; without `until` it stays on. `evidence` holds at most 20 event ids.
    """

    name: SignalName
    since: datetime
    until: datetime | None = None
    evidence: tuple[UUID, ...]
    value: float | None = None
    missing: tuple[Missing, ...] = ()

    def on(self, at: datetime) -> bool:
        """Whether it is on at a moment."""
        return self.since <= at and (self.until is None or at < self.until)


def longer_than(since: datetime, length: timedelta) -> datetime:
    """The first instant at which more than `length` has passed since `since`."""
    return since + length + timedelta.resolution


QUESTIONS: Mapping[SignalName, Question] = MappingProxyType(
    {
        "silence": Question("What are they busy with instead?", "interaction.logged"),
        "silence_after_hesitation": Question("What of that hesitation still holds them back?", "hesitation.cleared"),
        "unexplained_silence": Question("What has changed for them that nobody has said?", "hesitation.noticed"),
        "chasing": Question("Is it still worth a conversation to them, or is it a no?", "no.invited"),
        "effort_without_learning": Question("What have they found out for themselves by now?", "insight.recorded"),
        "premature_yes": Question("What must still become true for that promise to hold?", "qualification.updated"),
        "price_pressure_after_unasked": Question("Which of what was shown do they need at all?", "requirement.stated"),
        "stalled": Question("What has to happen before the next stage, and who does it?", "commitment.made"),
        "stalemate": Question("Whose open question is answered first?", "question.answered"),
        "no_next_step": Question("What is the smallest next step, whose is it, and until when?", "commitment.made"),
        "mandated_without_struggle": Question("What do they struggle with themselves?", "force.observed"),
        "impulse_unexamined": Question("Is it worth what it costs?", "value_check.answered"),
        "no_owner_of_outcome": Question("Who has something to lose if it fails after the purchase?", "motive.recorded"),
        "claimed_not_earned": Question("Do they say themselves that it fits who they are?", "alignment.recorded"),
        "ask_ratio_high": Question("What can be given next time without asking for anything?", "help.given"),
        "closed_unexplained": Question("Why now, and what almost stopped it?", "decision.explained"),
        "gone_quiet": Question("Is it in use, and does it do what it was bought for?", "usage.observed"),
        "inaction_risk": Question("What is missing before it can begin?", "commitment.made"),
    }
)
"""The one question of each signal."""

QUESTIONS_OF_MISSING: Mapping[Missing, Question] = MappingProxyType(
    {
        "product": Question("By what figure will it be known that it worked?", "outcome.defined"),
        "process": Question("What is the way there, counted back from the end?", "journey.mapped"),
        "self": Question("Which promise to oneself is small enough to be kept this week?", "commitment.made"),
    }
)
"""The question of `inaction_risk`, by the first of these that is missing."""
