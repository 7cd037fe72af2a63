"""What somebody answers for themselves (P18): is it worth it, is it me, will I follow through, would I buy it.

No answer is given on anybody's behalf: what was not answered is listed as such.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.objections import ObjectionRaised
from domain.events.self_checks import BuyCheckAnswered, ValueCheckAnswered, ValueReaffirmed
from domain.facts import Fact
from domain.fields import Dimension, Instant
from projections.figures import days
from projections.list_row import said
from projections.trust.score import trust_in
from projections.view import View

ValueQuestion = Literal["worth_it", "aligned", "follow_through"]
ValueAnswer = Literal["yes", "no", "unsure"]
BuyAnswer = Literal["yes", "no", "not_yet"]
Trend = Literal["up", "level", "down"]

QUESTIONS: dict[ValueQuestion, str] = {
    "worth_it": "Is what it brings worth what it takes?",
    "aligned": "Does it fit who I am, or who I want to become?",
    "follow_through": "Do I trust myself to see it through?",
}
"""How each question is asked, in the order in which they are asked on a deal."""
# What a goal is bought for is who one becomes; everything else comes after that.
ORDER_ON_GOALS: tuple[ValueQuestion, ...] = ("aligned", "worth_it", "follow_through")

FROM_NO_TO_YES: tuple[ValueAnswer, ...] = ("no", "unsure", "yes")


class ValueChecked(Struct, frozen=True, kw_only=True):
    """One of the three questions with its latest answer; everything but `ask` and `answers` is null without one.

    `score` (0..10) and `because` are null when not said, or erased. `answered_by` is whose answer it was, `age_days`
    how long ago. `trend` compares it with the same party's answer before: by the scores when both have one, else by
    no, unsure, yes; null when there is none before. `answers` counts all answers, anybody's.
    """

    question: ValueQuestion
    ask: str
    answer: ValueAnswer | None
    score: float | None
    because: str | None
    answered_by: UUID | None
    answered_at: Instant | None
    age_days: float | None
    trend: Trend | None
    answers: int
    event_id: UUID | None


class ObjectionSuggested(Struct, frozen=True, kw_only=True):
    """What is missing, put as an objection that could be raised; the fact that raises it names `causation_id`."""

    dimension: Dimension
    category: Literal["fit"]
    statement: str | None
    raised_by: UUID
    causation_id: UUID


class BuyChecked(Struct, frozen=True, kw_only=True):
    """One answer to the question whether one would buy it oneself. Words are null when not said, or erased.

    `suggestion` is made of what is missing; null when nothing is. Once an objection was raised because of this answer
    its id is in `objection_id`, and the suggestion is null.
    """

    event_id: UUID
    at: Instant
    answered_by: UUID
    offer: str | None
    answer: BuyAnswer
    missing: str | None
    objection_id: UUID | None
    suggestion: ObjectionSuggested | None


class ValueRecalled(Struct, frozen=True, kw_only=True):
    """A motive or an outcome that somebody reminded themselves of: how often, when last and how (null once erased)."""

    target: UUID
    times: int
    last_at: Instant
    since_days: float
    how: str | None


class ValueFilter(Struct, frozen=True, kw_only=True):
    """The three questions, always all of them; on a goal the one about alignment comes first.

    `unanswered` lists those that nobody answered, `next_question` is how the first of these is asked, null when there
    is none. `would_buy` is the latest answer in `buy_checks`, which are in the order given; null without one.
    `suggestions` counts those open. `reaffirmed` lists what was reaffirmed, in the order of the first time;
    `reaffirmed_at` is when anything last was and `since_reaffirmed_days` how long ago, both null if never.

    `self_trust` and `self_certainty` (0..1, six places) are trust's score and certainty on the dimension self under the
    policy asked for: what was done, to be held beside the score that was stated for `follow_through`. `changes_at` is
    when trust next turns on any dimension, null if never; apart from that time moves ages and lets evidence fade.
    """

    questions: list[ValueChecked]
    unanswered: list[ValueQuestion]
    next_question: str | None
    would_buy: BuyAnswer | None
    buy_checks: list[BuyChecked]
    suggestions: int
    reaffirmed: list[ValueRecalled]
    reaffirmed_at: Instant | None
    since_reaffirmed_days: float | None
    self_trust: float
    self_certainty: float
    changes_at: Instant | None


def value_filter(view: View) -> ValueFilter:
    """What was answered and reaffirmed on a stream, in one pass over its facts."""
    found = _collected(view)
    questions = _questions(found, view)
    unanswered = [one.question for one in questions if one.answer is None]
    checks = [_buy_check(*check, found) for check in found.buy_checks]
    recalled = [
        ValueRecalled(target=target, times=times, last_at=at, since_days=days(view.at - at), how=said(how))
        for target, (times, at, how) in found.reaffirmed.items()
    ]
    kept, turns = trust_in(view, "self")
    reaffirmed_at = max((one.last_at for one in recalled), default=None)
    return ValueFilter(
        questions=questions,
        unanswered=unanswered,
        next_question=QUESTIONS[unanswered[0]] if unanswered else None,
        would_buy=checks[-1].answer if checks else None,
        buy_checks=checks,
        suggestions=sum(check.suggestion is not None for check in checks),
        reaffirmed=recalled,
        reaffirmed_at=reaffirmed_at,
        since_reaffirmed_days=None if reaffirmed_at is None else days(view.at - reaffirmed_at),
        self_trust=kept.score,
        self_certainty=kept.certainty,
        changes_at=turns,
    )


def value_questions(view: View) -> list[ValueChecked]:
    """The three questions alone, without what trust has to say to them."""
    return _questions(_collected(view), view)


def _questions(found: "_Found", view: View) -> list[ValueChecked]:
    order = ORDER_ON_GOALS if view.stream.kind == "goal" else tuple(QUESTIONS)
    return [_question(question, found, view.at) for question in order]


def _collected(view: View) -> "_Found":
    found = _Found()
    for entry in view.entries:
        found.take(entry.fact, entry.at)
    return found


class _Answer(Struct, frozen=True):
    """One answer to one of the three questions, and the same party's before it."""

    fact: Fact
    told: ValueCheckAnswered
    at: datetime
    before: ValueCheckAnswered | None


class _Found:
    """What the facts have shown so far."""

    def __init__(self) -> None:
        self.answers: dict[ValueQuestion, list[_Answer]] = {}
        self._last: dict[tuple[ValueQuestion, UUID], ValueCheckAnswered] = {}
        self.buy_checks: list[tuple[Fact, BuyCheckAnswered, datetime]] = []
        self.raised: dict[UUID, UUID] = {}  # objections, by the event that led to them
        self.reaffirmed: dict[UUID, tuple[int, datetime, str]] = {}

    def take(self, fact: Fact, at: datetime) -> None:
        match fact.data:
            case ValueCheckAnswered() as told:
                before = self._last.get((told.question, fact.acting_party))
                self._last[told.question, fact.acting_party] = told
                self.answers.setdefault(told.question, []).append(_Answer(fact, told, at, before))
            case BuyCheckAnswered() as told:
                self.buy_checks.append((fact, told, at))
            case ObjectionRaised(objection_id=thing) if thing is not None and fact.causation_id is not None:
                self.raised.setdefault(fact.causation_id, thing)
            case ValueReaffirmed(target=target, how=how):
                times, _, _ = self.reaffirmed.get(target, (0, at, how))
                self.reaffirmed[target] = times + 1, at, how


def _question(question: ValueQuestion, found: _Found, at: datetime) -> ValueChecked:
    answers = found.answers.get(question, [])
    last = answers[-1] if answers else None
    return ValueChecked(
        question=question,
        ask=QUESTIONS[question],
        answer=None if last is None else last.told.answer,
        score=None if last is None else last.told.score,
        because=None if last is None else said(last.told.because),
        answered_by=None if last is None else last.fact.acting_party,
        answered_at=None if last is None else last.at,
        age_days=None if last is None else days(at - last.at),
        trend=None if last is None or last.before is None else _trend(last.before, last.told),
        answers=len(answers),
        event_id=None if last is None else last.fact.event_id,
    )


def _trend(before: ValueCheckAnswered, now: ValueCheckAnswered) -> Trend:
    was: float
    if before.score is not None and now.score is not None:
        was, is_ = before.score, now.score
    else:
        was, is_ = FROM_NO_TO_YES.index(before.answer), FROM_NO_TO_YES.index(now.answer)
    return "up" if is_ > was else "down" if is_ < was else "level"


def _buy_check(fact: Fact, told: BuyCheckAnswered, at: datetime, found: _Found) -> BuyChecked:
    objection_id = found.raised.get(fact.event_id)
    suggestion = None
    if told.missing is not None and objection_id is None:
        suggestion = ObjectionSuggested(
            dimension="product",
            category="fit",
            statement=said(told.missing),
            raised_by=fact.acting_party,
            causation_id=fact.event_id,
        )
    return BuyChecked(
        event_id=fact.event_id,
        at=at,
        answered_by=fact.acting_party,
        offer=said(told.offer),
        answer=told.answer,
        missing=said(told.missing),
        objection_id=objection_id,
        suggestion=suggestion,
    )
