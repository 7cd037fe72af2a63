"""Rows of evidence and the book that holds them while facts are read. What a fact is worth is said by the rules."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.facts import Attestation, Fact, StreamKind
from domain.fields import Dimension, Side
from projections.trust.policy import Policy, Weight

DIMENSIONS: tuple[Dimension, ...] = ("seller", "product", "process", "self")
"""In the order that breaks ties."""

# Weights are counted in whole thousandths: they have at most three places.
THOUSAND = 1_000

Size = Literal["small", "normal", "large", "minor", "blocking"]
_SIZE = {"minor": "small", "blocking": "large"}  # severities by the size they weigh as

Point = tuple[UUID, Dimension, str]
"""What rows share when they say the same: the first fact of a chain of causes, the dimension, the family of rules."""

Slot = tuple[UUID, str | datetime]
"""Where a row stands: what it is about, and which of its rows. Another row in the same slot replaces it."""


class Row(Struct, frozen=True, gc=False):
    """One piece of evidence: `event_id` caused it by `rule`.

    Weights are in thousandths, before the cap. It counts from `starts_at` on and loses weight from `ages_from` on, or
    not at all while that is None. `vouched_by` attests evidence for; `point` is what it shares with rows on the same;
    `doer` is the one party of whom it speaks, None when it speaks of a whole side.
    """

    event_id: UUID
    rule: str
    case: str
    dimension: Dimension
    weight_for: int
    weight_against: int
    starts_at: datetime
    ages_from: datetime | None
    vouched_by: UUID | None = None
    point: Point | None = None
    doer: UUID | None = None


class Weights:
    """A policy's weights, multiplied out."""

    __slots__ = ("_cases", "_known", "_policy")

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._cases: Mapping[tuple[str, str], Weight] = {(one.rule, one.case): one for one in policy.weights}
        self._known: dict[tuple[str, str, Size, Attestation], tuple[int, int]] = {}

    def of(self, rule: str, case: str, size: Size = "normal", attestation: Attestation = "self") -> tuple[int, int]:
        """Evidence for and against, in thousandths, rounded half-even."""
        key = rule, case, size, attestation
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._multiplied(self._cases[rule, case], size, attestation)
        return found

    def family(self, rule: str, case: str) -> str | None:
        return self._cases[rule, case].family

    def _multiplied(self, weight: Weight, size: Size, attestation: Attestation) -> tuple[int, int]:
        scale = Decimal(1)
        if weight.scaled_by is not None:
            scale = getattr(self._policy.sizes, _SIZE.get(size, size))
        vouched: Decimal = getattr(self._policy.attestation, attestation) if weight.attested else Decimal(1)
        against = weight.weight_against * scale * self._policy.against_multiplier
        return _thousandths(weight.weight_for * scale * vouched), _thousandths(against)


@lru_cache(maxsize=16)  # a service runs few policies
def weights(policy: Policy) -> Weights:
    """The weights of a policy, ready for use."""
    return Weights(policy)


def _thousandths(number: Decimal) -> int:
    return int((number * THOUSAND).to_integral_value(ROUND_HALF_EVEN))


class Word(Struct, frozen=True, gc=False):
    """Who vouches for what was done: the fact that says it, the party who recorded that, and in what quality."""

    event_id: UUID
    at: datetime
    by: UUID
    attestation: Attestation

    @property
    def counts_fully(self) -> bool:
        return self.attestation != "self"


def word(fact: Fact, at: datetime) -> Word:
    """The word that a fact is."""
    return Word(fact.event_id, at, fact.actor.party_id, fact.attestation)


_NOTHING: Mapping[tuple[Dimension, str], UUID] = MappingProxyType({})


class Book:
    """The rows of one stream as the facts read so far make them, by slot.

    `sides` are those of all participants as they stand at the moment asked about: whoever joined later than what they
    did is on that side all along. `asked` are the parties whose side mattered. `over_at` is since when nobody is on
    the way any more. `changed` are the slots whose row is another since it was last emptied.
    """

    __slots__ = ("_heads", "asked", "changed", "house", "kind", "over_at", "policy", "rows", "sides", "weights")

    def __init__(self, kind: StreamKind, policy: Policy, sides: Mapping[UUID, Side]) -> None:
        self.kind = kind
        self.policy = policy
        self.weights = weights(policy)
        self.sides = sides
        self.house: Literal["seller", "self"] = "self" if kind == "goal" else "seller"
        self.over_at: datetime | None = None
        self.rows: dict[Slot, Row] = {}
        self.changed: set[Slot] = set()
        self.asked: set[UUID] = set()
        self._heads: dict[UUID, Mapping[tuple[Dimension, str], UUID]] = {}

    def side(self, party: UUID | None) -> Side | None:
        """The side of a party."""
        if party is None:
            return None
        self.asked.add(party)
        return self.sides.get(party)

    def put(self, slot: Slot, row: Row | None) -> None:
        """The row that stands in a slot from now on, or none; a row without weight is none."""
        if row is not None and row.weight_for == row.weight_against == 0:
            row = None
        before = self.rows.get(slot)
        if row == before:
            return
        self.changed.add(slot)
        if row is None:
            del self.rows[slot]
        else:
            self.rows[slot] = row

    def said(
        self, rule: str, case: str, dimension: Dimension, by: Word, size: Size = "normal", doer: UUID | None = None
    ) -> Row:
        """The row of something that was said; it ages from when it was said."""
        weight_for, weight_against = self.weights.of(rule, case, size, by.attestation)
        point = self._point(by.event_id, dimension, self.weights.family(rule, case))
        return Row(by.event_id, rule, case, dimension, weight_for, weight_against, by.at, by.at, by.by, point, doer)

    def due(
        self,
        rule: str,
        case: str,
        dimension: Dimension,
        cause: UUID,
        at: datetime,
        size: Size = "normal",
        doer: UUID | None = None,
    ) -> Row:
        """The row of something that was to happen by `at` and did not: open, so that waiting does not heal it."""
        weight_for, weight_against = self.weights.of(rule, case, size)
        return Row(cause, rule, case, dimension, weight_for, weight_against, at, None, doer=doer)

    def follows(self, fact: Fact) -> None:
        """Note what a fact follows from, before its rows are made."""
        if fact.causation_id is not None:
            heads = self._heads.get(fact.causation_id)
            if heads is not None:
                self._heads[fact.event_id] = heads

    def _point(self, event_id: UUID, dimension: Dimension, family: str | None) -> Point | None:
        """The first fact up the chain of causes that gave evidence of this dimension and family, perhaps this one."""
        if family is None:
            return None
        heads = self._heads.get(event_id, _NOTHING)
        first = heads.get((dimension, family))
        if first is None:
            first = event_id
            self._heads[event_id] = {**heads, (dimension, family): first}
        return first, dimension, family
