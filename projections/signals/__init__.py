"""What a stream warns of (P11): which signals are on, since when, and what to ask. It names; it never advises."""

from collections.abc import Callable, Iterator
from uuid import UUID

from msgspec import Struct

from domain.events.goal import ENDED
from domain.fields import Instant
from projections.signals import contact, deciding, earned
from projections.signals.course import Course
from projections.signals.sign import QUESTIONS, QUESTIONS_OF_MISSING, Missing, Sign, SignalName
from projections.view import View

__all__ = ["Sign", "Signal", "SignalName", "Signals", "signals", "signs"]


class Signal(Struct, frozen=True, kw_only=True):
    """One warning that is on.

    `since` (UTC) is the first instant at which it was so, as far as the facts that hold now tell. `evidence` are ids of
    the facts that show it, at most 20, and never empty. `value` is a figure where the signal has one: the number of the
    seller's contacts in a row (`chasing`, `effort_without_learning`), of promises (`premature_yes`) or of hesitations
    (`price_pressure_after_unasked`), the share of contacts with an ask, 0..1 (`ask_ratio_high`); else null.
    `missing` names what a goal lacks (`inaction_risk`): self, process, product; else it is empty.
    `question` is the one question that would settle it, and `answered_by` the type of fact that records the answer.
    """

    name: SignalName
    since: Instant
    evidence: list[UUID]
    value: float | None
    missing: list[Missing]
    question: str
    answered_by: str


class Signals(Struct, frozen=True, kw_only=True):
    """The warnings that are on, in the order of the definition; an empty list is good news.

    Numbers and lengths of time are those of the policy; here they are told as in `trust/1`.

    - `silence`: open, and nothing from the buyer's side (on a goal, its owner) for the policy's days of silence;
      counted from the beginning where nothing ever came, and anew when it is taken up again after its end.
      `silence_after_hesitation`: and an objection, a hesitation or a deferral that came before they went quiet is open;
      a deferral with a time to ask again counts from then on. `unexplained_silence`: and nothing of the kind is open,
      of whatever age.
    - `chasing`: three contacts or more by the seller since the last fact from the buyer's side.
    - `effort_without_learning`: open, and five or more since the last insight that the buyer uncovered.
    - `premature_yes`: an open promise of the buyer's side, made while a blocking objection was open or fewer than three
      of the five topics were stated or confirmed (on a goal only once any topic was spoken of).
    - `price_pressure_after_unasked`: an uncleared price negotiation within 14 days after two features nobody asked for.
    - `stalled`: an open deal for longer in a stage than 14 days and than twice the median of its finished stages.
    - `stalemate`: open, and each side waits for an answer to a question or a request for longer than the days of
      silence; on a goal the sides are the owner's and the coach's.
    - `no_next_step`: open, and no promise that moves things on is.
    - `mandated_without_struggle`: told to buy, and no push was ever observed. `impulse_unexamined`: bought on impulse,
      and no value check was answered. `no_owner_of_outcome`: no motive reaches beyond the purchase. All while open.
    - `claimed_not_earned`: agreement on identity was claimed by nobody but the seller's side, and the certainty of
      trust in the seller is below 0.2; `since` is the claim, or when certainty fell so low if that is yet to come.
    - `ask_ratio_high`: of four contacts or more in 90 days, more than half asked for something.
    - `closed_unexplained`: 14 days after the close nobody who decided has said why.
    - `gone_quiet`: won, and 60 days without use, contact, renewal, return or referral.
    - `inaction_risk`: an open goal whose owner's trust in themselves is unknown or distrusted (self), without a journey
      or a running routine (process), or without an outcome (product).

    `changes_at` (UTC) is the next instant at which a signal comes or goes by time alone, null when none will.
    """

    signals: list[Signal]
    changes_at: Instant | None

    @property
    def names(self) -> list[SignalName]:
        """The names of the signals that are on."""
        return [one.name for one in self.signals]


Rule = Callable[[Course, View], Iterator[Sign]]

_RULES: tuple[tuple[Rule, bool], ...] = (
    (contact.silence, True),
    (contact.chasing, False),
    (contact.effort_without_learning, True),
    (deciding.premature_yes, False),
    (deciding.price_pressure_after_unasked, False),
    (deciding.stalled, True),
    (contact.stalemate, True),
    (deciding.no_next_step, True),
    (deciding.begun_for_others, True),
    (earned.claimed_not_earned, True),
    (contact.ask_ratio_high, False),
    (deciding.closed_unexplained, False),
    (deciding.gone_quiet, False),
    (earned.inaction_risk, True),
)
"""Every rule in the order of its answer, and whether it speaks of open streams only."""


def signals(view: View) -> Signals:
    """The signals that are on at the moment of the view."""
    found = signs(view)
    turns = [turn for sign in found for turn in (sign.since, sign.until) if turn is not None and turn > view.at]
    return Signals(signals=[_told(sign) for sign in found if sign.on(view.at)], changes_at=min(turns, default=None))


def signs(view: View) -> list[Sign]:
    """Every signal that the facts make, now or by time alone later. What is kept of it answers for any later moment."""
    if view.stream.first is None:
        return []
    course = Course(view)
    going_on = view.stream.closed is None and view.stream.lifecycle not in ENDED
    return [sign for rule, while_open in _RULES if going_on or not while_open for sign in rule(course, view)]


def _told(sign: Sign) -> Signal:
    question = QUESTIONS[sign.name]
    if sign.missing:
        question = next(asked for missing, asked in QUESTIONS_OF_MISSING.items() if missing in sign.missing)
    return Signal(
        name=sign.name,
        since=sign.since,
        evidence=list(sign.evidence),
        value=sign.value,
        missing=list(sign.missing),
        question=question.text,
        answered_by=question.answered_by,
    )
