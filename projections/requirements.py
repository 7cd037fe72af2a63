"""What is required and what was shown (P13): answered, verified, met, and shown unasked. Prices are not here."""

from collections import Counter
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.noes import HesitationNoticed
from domain.events.offer import FeaturePresented, RequirementAnswered, RequirementStated, RequirementVerified
from domain.events.references import RequirementReference
from domain.facts import Fact
from domain.fields import Instant
from projections.figures import ratio
from projections.list_row import said
from projections.view import View

Strength = Literal["must", "should", "wish"]
Met = Literal["yes", "partial", "no"]


class RequirementKnown(Struct, frozen=True, kw_only=True):
    """One requirement. Words are null when not said, or erased; times are null for what has not happened.

    `how`, `answered_by` and `answered_at` are of the last answer. A verification is of the answer before it: `met` is
    the last one's verdict, and it, `verified_by`, `verified_at` and `disclosed_by` (who told of it first, if anybody)
    are null again once the requirement is answered anew. `answered` and `verified` tell whether these stand.
    """

    requirement_id: UUID
    event_id: UUID
    text: str | None
    strength: Strength
    stated_by: UUID | None
    prompted: bool
    stated_at: Instant
    answered: bool
    how: str | None
    answered_by: UUID | None
    answered_at: Instant | None
    verified: bool
    met: Met | None
    verified_by: UUID | None
    verified_at: Instant | None
    disclosed_by: UUID | None


class FeatureLink(Struct, frozen=True, kw_only=True):
    """What makes a feature worth showing to somebody."""

    kind: Literal["requirement", "insight"]
    id: UUID


class FeatureShown(Struct, frozen=True, kw_only=True):
    """One presentation of a feature; `feature` is null once erased.

    `hesitations` are those noticed after it, as whoever noticed them said.
    """

    event_id: UUID
    at: Instant
    feature: str | None
    requested: bool
    linked_to: list[FeatureLink]
    hesitations: list[UUID]


class Requirements(Struct, frozen=True, kw_only=True):
    """Requirements in the order in which they were stated, features in the order in which they were shown.

    `strengths` counts requirements, 0 for a strength without one; `no_hard_requirements` is true while no must is
    stated. `answered_share`, `verified_share` and `met_share` (verified as fully met) are of the musts, 0..1, null
    without one. `unanswered` are the requirements without a how, `prompted` counts those that were asked for rather
    than volunteered. `unasked` counts presentations nobody had asked for, `unasked_hesitations` the hesitations noticed
    after one. `relevance` is the share of presentations linked to a requirement or an insight, null without any.
    """

    requirements: list[RequirementKnown]
    strengths: dict[Strength, int]
    no_hard_requirements: bool
    answered_share: float | None
    verified_share: float | None
    met_share: float | None
    unanswered: list[UUID]
    prompted: int
    features: list[FeatureShown]
    unasked: int
    unasked_hesitations: int
    relevance: float | None


def requirements(view: View) -> Requirements:
    """What a deal requires and what was shown, in one pass over its facts."""
    found = _Found()
    for entry in view.entries:
        found.take(entry.fact, entry.at)
    rows = [_requirement(*stated, found) for stated in found.stated.values()]
    musts = [row for row in rows if row.strength == "must"]
    strengths = Counter(row.strength for row in rows)
    features = [_feature(fact, told, at, found) for fact, told, at in found.shown]
    unasked = [feature for feature in features if not feature.requested]
    return Requirements(
        requirements=rows,
        strengths={"must": strengths["must"], "should": strengths["should"], "wish": strengths["wish"]},
        no_hard_requirements=not musts,
        answered_share=ratio(sum(row.answered for row in musts), len(musts)),
        verified_share=ratio(sum(row.verified for row in musts), len(musts)),
        met_share=ratio(sum(row.met == "yes" for row in musts), len(musts)),
        unanswered=[row.requirement_id for row in rows if not row.answered],
        prompted=sum(row.prompted for row in rows),
        features=features,
        unasked=len(unasked),
        unasked_hesitations=sum(len(feature.hesitations) for feature in unasked),
        relevance=ratio(sum(bool(feature.linked_to) for feature in features), len(features)),
    )


class _Found:
    """What the facts have shown so far."""

    def __init__(self) -> None:
        self.stated: dict[UUID, tuple[Fact, RequirementStated, datetime]] = {}
        self.answered: dict[UUID, tuple[RequirementAnswered, datetime]] = {}
        self.verified: dict[UUID, tuple[RequirementVerified, datetime]] = {}
        self.shown: list[tuple[Fact, FeaturePresented, datetime]] = []
        self.hesitations: dict[UUID, list[UUID]] = {}  # by the event that they came after

    def take(self, fact: Fact, at: datetime) -> None:
        match fact.data:
            case RequirementStated(requirement_id=thing) as told if thing is not None:
                self.stated[thing] = fact, told, at
            case RequirementAnswered() as told:
                self.answered[told.requirement_id] = told, at
                self.verified.pop(told.requirement_id, None)
            case RequirementVerified() as told:
                self.verified[told.requirement_id] = told, at
            case FeaturePresented() as told:
                self.shown.append((fact, told, at))
            case HesitationNoticed(hesitation_id=thing, after=after) if thing is not None and after is not None:
                self.hesitations.setdefault(after, []).append(thing)


def _requirement(fact: Fact, told: RequirementStated, at: datetime, found: _Found) -> RequirementKnown:
    assert told.requirement_id is not None, "a complete fact names what it creates"
    answer, answered_at = found.answered.get(told.requirement_id, (None, None))
    verified, verified_at = found.verified.get(told.requirement_id, (None, None))
    return RequirementKnown(
        requirement_id=told.requirement_id,
        event_id=fact.event_id,
        text=said(told.text),
        strength=told.strength,
        stated_by=told.stated_by,
        prompted=told.prompted,
        stated_at=at,
        answered=answer is not None,
        how=None if answer is None else said(answer.how),
        answered_by=None if answer is None else answer.by,
        answered_at=answered_at,
        verified=verified is not None,
        met=None if verified is None else verified.met,
        verified_by=None if verified is None else verified.verified_by,
        verified_at=verified_at,
        disclosed_by=None if verified is None else verified.disclosed_by,
    )


def _feature(fact: Fact, told: FeaturePresented, at: datetime, found: _Found) -> FeatureShown:
    return FeatureShown(
        event_id=fact.event_id,
        at=at,
        feature=said(told.feature),
        requested=told.requested,
        linked_to=[
            FeatureLink(kind="requirement" if isinstance(link, RequirementReference) else "insight", id=link.id)
            for link in told.linked_to
        ],
        hesitations=found.hesitations.get(fact.event_id, []),
    )
