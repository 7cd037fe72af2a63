"""What each person has to win or lose (P4), on five layers of identity. It names what to ask next, and never guesses.

A motive without a basis counts as stated when it is the person's own act, else as inferred.
"""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.after_close import OutcomeDefined
from domain.events.discovery import Layer, MotiveRecorded
from domain.events.offer import RequirementStated
from domain.events.people import IdentityStated
from domain.events.references import OutcomeReference, RequirementReference, Wanted
from domain.facts import Fact
from domain.fields import Instant, Side
from domain.state import Participant
from projections.figures import ratio
from projections.list_row import said
from projections.view import View

Basis = Literal["stated", "inferred"]
Polarity = Literal["served", "threatened"]

LAYERS: tuple[Layer, ...] = get_args(Layer)
DECIDING_ROLES = frozenset({"economic_buyer", "buyer"})

QUESTIONS: dict[Layer, str] = {
    "relational": "Who else will notice the difference, and what do you want them to notice?",
    "user_centered": "What should an ordinary day with it be like for you?",
    "professional": "What would it say about your work if this went well?",
    "personal": "What changes for you outside of work once this is settled?",
    "ego": "If this went wrong, what would that mean for how you see yourself?",
}
"""What to ask about a layer that is not stated yet."""


class MotiveLink(Struct, frozen=True, kw_only=True):
    """What a motive stands behind: a requirement or an outcome of this stream, or a goal, which is another stream."""

    kind: Literal["requirement", "outcome", "goal"]
    id: UUID


class MotiveHeld(Struct, frozen=True, kw_only=True):
    """One motive. `basis` is as judged, `confidence` (0..1) as said, or null. Words are null when unsaid or erased.

    `stake_horizon` tells whether the stake outlives the purchase; null when nobody said.
    """

    motive_id: UUID
    event_id: UUID
    at: Instant
    statement: str | None
    polarity: Polarity
    basis: Basis
    confidence: float | None
    stake: str | None
    stake_horizon: Literal["beyond_purchase", "purchase_only", "unknown"] | None
    linked_to: list[MotiveLink]


class MotiveCell(Struct, frozen=True, kw_only=True):
    """What is known of one layer of one person.

    `status` is stated when any motive is, else inferred when there is one. `polarity` and `last_at` are the last
    motive's, null without one. `question` is what to ask while it is not stated, null afterwards.
    """

    layer: Layer
    status: Literal["unknown", "inferred", "stated"]
    polarity: Polarity | None
    last_at: Instant | None
    question: str | None
    motives: list[MotiveHeld]


class IdentitySaid(Struct, frozen=True, kw_only=True):
    """How somebody said they see themselves; `statement` is null once erased."""

    event_id: UUID
    at: Instant
    statement: str | None


class MotivesOfParty(Struct, frozen=True, kw_only=True):
    """One person's layers, always five, in one order.

    `identity` is what they last said they are, `becoming` what they last said they are becoming; null when they never
    did. `coverage` is the share of layers stated, 0..1. `next_question` is the first cell's that has one. `decides` is
    true for who takes part as buyer or economic buyer.
    """

    party_id: UUID
    name: str | None
    side: Side
    roles: tuple[str, ...]
    decides: bool
    identity: IdentitySaid | None
    becoming: IdentitySaid | None
    cells: list[MotiveCell]
    coverage: float
    next_question: str | None


class MotiveThreatened(Struct, frozen=True, kw_only=True):
    """A layer whose last motive is threatened; on the ego layer it is a personal risk."""

    party_id: UUID
    layer: Layer
    motive_id: UUID
    personal_risk: bool


class StakeHeld(Struct, frozen=True, kw_only=True):
    """What rides on it for somebody; `stake` is null once erased."""

    party_id: UUID
    layer: Layer
    motive_id: UUID
    stake: str | None
    stake_horizon: Literal["beyond_purchase", "purchase_only", "unknown"] | None


class WithoutMotive(Struct, frozen=True, kw_only=True):
    """A requirement or an outcome that no motive is linked to; `text` is what it says, null once erased."""

    id: UUID
    at: Instant
    text: str | None


class Motives(Struct, frozen=True, kw_only=True):
    """Everybody's motives, also of the seller and of who left; people in the order they came, the rest as it happened.

    `deciders_without_motive` are those who decide and have no layer stated; `decider_coverage` is the share of all
    deciders' layers that are stated, null without a decider. `threatened` lists the layers whose last motive is, and
    `personal_risks` counts those of them that are ego. `stated` and `inferred` count motives.
    """

    parties: list[MotivesOfParty]
    deciders_without_motive: list[UUID]
    decider_coverage: float | None
    stated: int
    inferred: int
    threatened: list[MotiveThreatened]
    personal_risks: int
    stakes: list[StakeHeld]
    requirements_without_motive: list[WithoutMotive]
    outcomes_without_motive: list[WithoutMotive]


def motives(view: View) -> Motives:
    """What everybody has to win or lose, in one pass over the stream's facts."""
    found = _Found()
    for entry in view.entries:
        found.take(entry.fact, entry.at)
    parties = [_party(one, found) for one in view.stream.participants.values()]
    deciders = [party for party in parties if party.decides]
    covered = sum(cell.status == "stated" for party in deciders for cell in party.cells)
    threatened = [
        MotiveThreatened(party_id=party_id, layer=layer, motive_id=held[-1].motive_id, personal_risk=layer == "ego")
        for (party_id, layer), held in found.held.items()
        if held[-1].polarity == "threatened"
    ]
    bases = [motive.basis for held in found.held.values() for motive in held]
    return Motives(
        parties=parties,
        deciders_without_motive=[party.party_id for party in deciders if party.coverage == 0],
        decider_coverage=ratio(covered, len(LAYERS) * len(deciders)),
        stated=bases.count("stated"),
        inferred=bases.count("inferred"),
        threatened=threatened,
        personal_risks=sum(one.personal_risk for one in threatened),
        stakes=found.stakes,
        requirements_without_motive=[one for one in found.requirements if one.id not in found.linked],
        outcomes_without_motive=[one for one in found.outcomes if one.id not in found.linked],
    )


class _Found:
    """What the facts have shown so far."""

    def __init__(self) -> None:
        self.held: dict[tuple[UUID, Layer], list[MotiveHeld]] = {}
        self.identity: dict[tuple[UUID, str], IdentitySaid] = {}
        self.stakes: list[StakeHeld] = []
        self.linked: set[UUID] = set()
        self.requirements: list[WithoutMotive] = []
        self.outcomes: list[WithoutMotive] = []

    def take(self, fact: Fact, at: datetime) -> None:
        match fact.data:
            case MotiveRecorded() as told:
                self._motive(fact, told, at)
            case IdentityStated() as told:
                words = IdentitySaid(event_id=fact.event_id, at=at, statement=said(told.statement))
                self.identity[told.party_id, told.about] = words
            case RequirementStated(requirement_id=thing, text=text) if thing is not None:
                self.requirements.append(WithoutMotive(id=thing, at=at, text=said(text)))
            case OutcomeDefined(outcome_id=thing, measure=text) if thing is not None:
                self.outcomes.append(WithoutMotive(id=thing, at=at, text=said(text)))

    def _motive(self, fact: Fact, told: MotiveRecorded, at: datetime) -> None:
        assert told.motive_id is not None, "a complete fact names what it creates"
        links = [_link(reference) for reference in told.linked_to]
        self.linked |= {link.id for link in links}
        motive = MotiveHeld(
            motive_id=told.motive_id,
            event_id=fact.event_id,
            at=at,
            statement=said(told.statement),
            polarity=told.polarity,
            basis=fact.basis or ("stated" if fact.acting_party == told.party_id else "inferred"),
            confidence=fact.confidence,
            stake=said(told.stake),
            stake_horizon=told.stake_horizon,
            linked_to=links,
        )
        self.held.setdefault((told.party_id, told.layer), []).append(motive)
        if told.stake is not None:
            stake = StakeHeld(
                party_id=told.party_id,
                layer=told.layer,
                motive_id=told.motive_id,
                stake=motive.stake,
                stake_horizon=told.stake_horizon,
            )
            self.stakes.append(stake)


def _party(one: Participant, found: _Found) -> MotivesOfParty:
    cells = [_cell(layer, found.held.get((one.party_id, layer), [])) for layer in LAYERS]
    coverage = ratio(sum(cell.status == "stated" for cell in cells), len(LAYERS))
    assert coverage is not None, "there are layers"
    return MotivesOfParty(
        party_id=one.party_id,
        name=said(one.name),
        side=one.side,
        roles=one.roles,
        decides=one.left is None and not DECIDING_ROLES.isdisjoint(one.roles),
        identity=found.identity.get((one.party_id, "is")),
        becoming=found.identity.get((one.party_id, "becoming")),
        cells=cells,
        coverage=coverage,
        next_question=next((cell.question for cell in cells if cell.question is not None), None),
    )


def _cell(layer: Layer, held: list[MotiveHeld]) -> MotiveCell:
    stated = any(motive.basis == "stated" for motive in held)
    last = held[-1] if held else None
    return MotiveCell(
        layer=layer,
        status="unknown" if last is None else "stated" if stated else "inferred",
        polarity=None if last is None else last.polarity,
        last_at=None if last is None else last.at,
        question=None if stated else QUESTIONS[layer],
        motives=held,
    )


def _link(reference: Wanted) -> MotiveLink:
    match reference:
        case RequirementReference(id=thing):
            return MotiveLink(kind="requirement", id=thing)
        case OutcomeReference(id=thing):
            return MotiveLink(kind="outcome", id=thing)
        case _:
            return MotiveLink(kind="goal", id=reference.id)
