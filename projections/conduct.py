"""How people dealt with each other (P20): whom it was about, who asked, who listened, who proposed. No verdicts."""

from collections import Counter
from datetime import datetime
from fractions import Fraction
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.commitments import CommitmentMade, CommitmentRequested
from domain.events.conduct import IntentDeclared, InteractionLogged, Purpose
from domain.events.discovery import InsightConfirmed, InsightRecorded, QuestionAsked
from domain.events.offer import FeaturePresented
from domain.facts import Fact
from domain.fields import Instant, Side, Size
from domain.state import Stream
from projections.coaching import CoachAsked, Coaching, LensAndConfidence
from projections.figures import ratio
from projections.sides import buying_side, buys
from projections.view import View

Intent = Literal["help", "close", "learn", "sell"]
Uncoverer = Literal["buyer", "seller", "together", "self"]

INTENTS: tuple[Intent, ...] = get_args(Intent)
UNCOVERERS: tuple[Uncoverer, ...] = get_args(Uncoverer)
ABOUT_THEM = frozenset({"buyer", "user"})


class QuestionsAsked(Struct, frozen=True, kw_only=True):
    """Questions put to the buyer's side with one intent, and how many of them were answered."""

    intent: Intent
    asked: int
    answered: int


class Conduct(Struct, frozen=True, kw_only=True):
    """How people dealt with each other. On a goal the buyer's side is its owner. Shares are 0..1, null of nothing.

    Insights: `about_them_share` of all `insights` are about the buyer or the user (on a goal, also its owner);
    `uncovered_by` counts who uncovered them, `self_uncovered_share` is the buyer's own share; `insights_stated` and
    `insights_inferred` have that basis, the others none. `conclusions` counts those that are conclusions by who drew
    them, `own_conclusion_share` the buyer's own share.

    Pitch: `first_feature_at` is when the first feature was shown, null while none was. `discovery_depth_before_pitch`
    counts the insights on a stated basis or confirmed before that, so far while none was. `features_before_insights`
    counts the features shown before the first insight about them.

    Next steps: promises made as one. The side that proposed a step is the one its promise names, else that of whoever
    asked for it, else unknown; `buyer_pull` is the share that the buyer's side proposed. `last_commitment_stake` is how
    large the promise made last was, of any kind, at `last_commitment_at`.

    Contacts: `purposes` counts them, purposes without one left out; `buyer_initiated_share` is those that the buyer's
    side began. `listening` is 1 less the mean share that the seller talked; `talk_shares` counts the contacts that say.

    Questions and intents: `questions` are those put to the buyer's side, one row for each intent. `intents` counts what
    people declared to be after who are not on the buyer's side (on a goal, everybody), `last_intent` is the last.
    `learned_first` is true when the first such question or intent was to learn; null while there is neither.

    Assumptions by their last test: `wrong_assumption_share` is of those tested. `coaches` are in the order in which
    they first asked, `lens_and_confidence` has a row for each lens.
    """

    insights: int
    about_them: int
    about_them_share: float | None
    uncovered_by: dict[Uncoverer, int]
    self_uncovered_share: float | None
    insights_stated: int
    insights_inferred: int
    conclusions: dict[Uncoverer, int]
    own_conclusion_share: float | None
    first_feature_at: Instant | None
    discovery_depth_before_pitch: int
    features_before_insights: int
    next_steps: int
    next_steps_by_buyer: int
    next_steps_unknown: int
    buyer_pull: float | None
    last_commitment_stake: Size | None
    last_commitment_at: Instant | None
    contacts: int
    purposes: dict[Purpose, int]
    buyer_initiated: int
    buyer_initiated_share: float | None
    talk_shares: int
    listening: float | None
    questions: list[QuestionsAsked]
    intents: dict[Intent, int]
    last_intent: Intent | None
    learned_first: bool | None
    assumptions_held: int
    assumptions_wrong: int
    assumptions_unclear: int
    assumptions_untested: int
    wrong_assumption_share: float | None
    coaches: list[CoachAsked]
    lens_and_confidence: list[LensAndConfidence]


def conduct(view: View) -> Conduct:
    """How people dealt with each other, in one pass over the stream's facts."""
    stream = view.stream
    found, coaching = _Found(stream), Coaching()
    for entry in view.entries:
        found.take(entry.fact, entry.at)
        coaching.take(entry.fact)
    own: Uncoverer = "self" if stream.kind == "goal" else "buyer"
    insights = found.uncovered_by.total()
    steps = found.next_steps.values()
    steps_by_buyer = sum(side == buying_side(stream) for side in steps)
    tested = Counter(thing.result for thing in stream.things("assumption"))
    answered = Counter(intent for intent, question in found.questions if _is_answered(stream, question))
    asked = Counter(intent for intent, _ in found.questions)
    return Conduct(
        insights=insights,
        about_them=found.about_them,
        about_them_share=ratio(found.about_them, insights),
        uncovered_by={who: found.uncovered_by[who] for who in UNCOVERERS},
        self_uncovered_share=ratio(found.uncovered_by[own], insights),
        insights_stated=found.bases["stated"],
        insights_inferred=found.bases["inferred"],
        conclusions={who: found.conclusions[who] for who in UNCOVERERS},
        own_conclusion_share=ratio(found.conclusions[own], found.conclusions.total()),
        first_feature_at=found.first_feature_at,
        discovery_depth_before_pitch=len(found.depth),
        features_before_insights=found.features_before_insights,
        next_steps=len(steps),
        next_steps_by_buyer=steps_by_buyer,
        next_steps_unknown=sum(side is None for side in steps),
        buyer_pull=ratio(steps_by_buyer, len(steps)),
        last_commitment_stake=None if found.last_promise is None else found.last_promise[0].stake,
        last_commitment_at=None if found.last_promise is None else found.last_promise[1],
        contacts=found.purposes.total(),
        purposes=dict(found.purposes),
        buyer_initiated=found.buyer_initiated,
        buyer_initiated_share=ratio(found.buyer_initiated, found.purposes.total()),
        talk_shares=len(found.talk_shares),
        listening=ratio(len(found.talk_shares) - sum(found.talk_shares), len(found.talk_shares)),
        questions=[QuestionsAsked(intent=intent, asked=asked[intent], answered=answered[intent]) for intent in INTENTS],
        intents={intent: found.intents[intent] for intent in INTENTS},
        last_intent=found.last_intent,
        learned_first=None if found.first_intent is None else found.first_intent == "learn",
        assumptions_held=tested["held"],
        assumptions_wrong=tested["wrong"],
        assumptions_unclear=tested["unclear"],
        assumptions_untested=tested[None],
        wrong_assumption_share=ratio(tested["wrong"], tested.total() - tested[None]),
        coaches=coaching.coaches(),
        lens_and_confidence=coaching.lenses(),
    )


class _Found:
    """What the facts have shown so far."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.them = ABOUT_THEM | {"self"} if stream.kind == "goal" else ABOUT_THEM
        self.about_them = 0
        self.uncovered_by: Counter[Uncoverer] = Counter()
        self.conclusions: Counter[Uncoverer] = Counter()
        self.bases: Counter[str | None] = Counter()
        self.depth: set[UUID] = set()  # insights that were sure before the first feature
        self.first_feature_at: datetime | None = None
        self.features_before_insights = 0
        self.next_steps: dict[UUID, Side | None] = {}  # who proposed each, by side
        self._asked_for: dict[UUID, Side | None] = {}  # promises, by the side that asked for them
        self.last_promise: tuple[CommitmentMade, datetime] | None = None
        self.purposes: Counter[Purpose] = Counter()
        self.buyer_initiated = 0
        self.talk_shares: list[Fraction] = []
        self.questions: list[tuple[Intent, UUID | None]] = []
        self.intents: Counter[Intent] = Counter()
        self.first_intent: Intent | None = None
        self.last_intent: Intent | None = None

    def take(self, fact: Fact, at: datetime) -> None:
        match fact.data:
            case InsightRecorded() as told:
                self._insight(fact, told)
            case InsightConfirmed(insight_id=thing) if self.first_feature_at is None:
                self.depth.add(thing)
            case FeaturePresented():
                self.first_feature_at = self.first_feature_at or at
                self.features_before_insights += not self.about_them
            case CommitmentRequested(commitment_id=thing, creditor=creditor) if thing is not None:
                self._asked_for[thing] = self.stream.side(creditor)
            case CommitmentMade() as told:
                self._promise(told, at)
            case InteractionLogged() as told:
                self._contact(told)
            case QuestionAsked() as told if buys(self.stream, told.asked_of):
                self.questions.append((told.intent, told.question_id))
                self.first_intent = self.first_intent or told.intent
            case IntentDeclared() as told if self.stream.kind == "goal" or not buys(self.stream, told.by):
                self.intents[told.intent] += 1
                self.first_intent = self.first_intent or told.intent
                self.last_intent = told.intent

    def _insight(self, fact: Fact, told: InsightRecorded) -> None:
        self.about_them += told.subject in self.them
        self.uncovered_by[told.uncovered_by] += 1
        self.bases[fact.basis] += 1
        if told.kind == "conclusion":
            self.conclusions[told.uncovered_by] += 1
        if fact.basis == "stated" and self.first_feature_at is None and told.insight_id is not None:
            self.depth.add(told.insight_id)

    def _promise(self, told: CommitmentMade, at: datetime) -> None:
        self.last_promise = told, at
        if told.next_step and told.commitment_id is not None:
            self.next_steps[told.commitment_id] = told.proposed_by_side or self._asked_for.get(told.commitment_id)

    def _contact(self, told: InteractionLogged) -> None:
        self.purposes[told.purpose] += 1
        self.buyer_initiated += buys(self.stream, told.initiated_by)
        if told.talk_share is not None:
            self.talk_shares.append(Fraction(str(told.talk_share)))  # as it was written, not as a double holds it


def _is_answered(stream: Stream, question_id: UUID | None) -> bool:
    thing = None if question_id is None else stream.thing(question_id)
    return thing is not None and thing.state == "answered"
