"""Stories told for the rules of trust, and the rows that they give."""

from datetime import datetime
from typing import Any

import msgspec

from domain.facts import Proposal, Visibility
from projections.trust.rows import Row
from tests.domain.telling import (
    BUYER,
    DAY_0,
    THE_BUYER,
    Story,
    a_deal,
    day,
    fact,
    known_as,
)
from tests.projections.evidence import rows_of, said

LATER = day(400)


def deal(*told: Proposal) -> Story:
    """A deal that the buyer may look into, and what is told of it afterwards."""
    story = a_deal(shared=True)
    tell(story, *told)
    return story


def tell(story: Story, *told: Proposal) -> None:
    """Recorded long afterwards; what has no day happened on day 0."""
    for one in told:
        visibility = Visibility.SHARED if story.stream.kind == "deal" else None
        happened = one.occurred_at or DAY_0
        story.tell(msgspec.structs.replace(one, visibility=visibility, occurred_at=happened), at=LATER)


def by_buyer(story: Story, *told: Proposal) -> None:
    """Recorded by the buyer, who thereby vouches for it."""
    for one in told:
        story.tell(msgspec.structs.replace(one, occurred_at=one.occurred_at or DAY_0), by=THE_BUYER, at=LATER)


def due(number: float) -> str:
    return day(number).isoformat()


def short(story: Story, number: float = 60) -> list[tuple[str, str, str, float, float]]:
    return list(said(rows_of(story, day(number))))


def ages(story: Story, number: float = 60) -> list[tuple[datetime, datetime | None]]:
    return [(one.starts_at, one.ages_from) for one in rows_of(story, day(number))]


def rows_of_known(story: Story, number: float) -> list[Row]:
    """The rows as of a day."""
    cut = Story(story.stream.stream_id)
    cut.records = [one for one in story.records if one.fact.occurred_at <= day(number)]
    return rows_of(cut, day(number))


STATED = fact("requirement.stated", requirement_id=known_as("r"), text="Quick", strength="must", day=1)


def verified(met: str, **more: Any) -> Proposal:
    return fact(
        "requirement.verified", **{"requirement_id": known_as("r"), "met": met, "verified_by": BUYER, "day": 2, **more}
    )
