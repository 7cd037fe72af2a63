"""How tests say evidence: rows on days, and what is left of them on another day."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.fields import Dimension
from projections.trust.evidence import Evidence, gather, weigh
from projections.trust.policy import TRUST_1, HalfLives, Legs, Policy
from projections.trust.rows import Row
from projections.trust.score import DimensionTrust, Trust, trust
from projections.view import View
from tests.domain.telling import Story
from tests.projections.standing import standing

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def on_day(number: float) -> datetime:
    return EPOCH + timedelta(days=number)


def policy(*, half_life: str = "90", base_rate: str = "0.5", **more: Any) -> Policy:
    """trust/1 with another half-life or base rate."""
    legs = [Legs(seller=one, product=one, process=one, self=one) for one in (Decimal(half_life), Decimal(base_rate))]
    life = HalfLives(deal=legs[0], goal=legs[0])
    return msgspec.structs.replace(TRUST_1, half_life_days=life, base_rate=legs[1], **more)


def row(
    day: float,
    weight_for: float = 0,
    weight_against: float = 0,
    *,
    ages_from: float | None = -1,
    dimension: Dimension = "seller",
    number: int = 0,
) -> Row:
    """A row of trust in the seller; it ages from its day unless it is said to be open."""
    ages = None if ages_from is None else on_day(day if ages_from == -1 else ages_from)
    weights = round(weight_for * 1000), round(weight_against * 1000)
    return Row(UUID(int=number), "T0", "said", dimension, *weights, on_day(day), ages)


def kept(*days: float, weight: float = 1) -> list[Row]:
    return [row(day, weight) for day in days]


def broken(*days: float, weight: float = 1) -> list[Row]:
    return [row(day, 0, weight) for day in days]


def uncapped(rows: list[Row], under: Policy = TRUST_1) -> Evidence:
    """Evidence of rows as they are after the cap."""
    weighed = weigh(rows, msgspec.structs.replace(under, cap_per_day=Decimal(10_000)))
    return Evidence("deal", under, tuple(weighed), None)


def asked(story: Story, at: datetime, under: Policy = TRUST_1, *, as_of: bool = False) -> Trust:
    """Trust on a story at a moment, out of all its facts or those that had happened."""
    return trust(View(standing(story, at if as_of else None), at, under))


def leg(found: Trust, dimension: Dimension = "seller") -> DimensionTrust:
    return next(one for one in found.dimensions if one.dimension == dimension)


def rows_of(story: Story, at: datetime) -> list[Row]:
    """The rows of a story that count at a moment, before they are capped, in the order of their start."""
    stream = standing(story)
    found = [one.row for one in gather(stream, TRUST_1, at).rows if one.row.starts_at <= at]
    return sorted(found, key=lambda one: (one.starts_at, one.rule, one.dimension))


def said(found: list[Row]) -> list[tuple[str, str, Dimension, float, float]]:
    """Rows in short: rule, case, dimension, for and against."""
    return [(one.rule, one.case, one.dimension, one.weight_for / 1000, one.weight_against / 1000) for one in found]
