"""One deal in the few figures that deals are compared by. What the comparison shows is not looked for here."""

from collections import Counter
from datetime import timedelta
from typing import Literal

from msgspec import Struct

from domain.events.conduct import HelpGiven, PressureApplied
from domain.events.deal import Outcome
from domain.events.discovery import Layer, MotiveRecorded, QualificationUpdated
from domain.stream import fold
from projections.coaching import Coaching, LensAndConfidence
from projections.list_row import said
from projections.motives import motives
from projections.noes import noes
from projections.right_deal import right_deal
from projections.sides import buys
from projections.topics import Topics
from projections.view import View


class MotiveSeen(Struct, frozen=True):
    """A motive of somebody on the buyer's side, in the month (UTC, such as `2026-03`) in which it was recorded."""

    month: str
    layer: Layer
    threatened: bool


class DealFigures(Struct, frozen=True, kw_only=True):
    """One deal. What was so at the close is None while the deal is open.

    `pressure` and `help` count what was applied and given until the close (while open, so far). `topics` is how many of
    the five were known at the close, `decider_coverage` the share of the deciders' layers stated then, None without a
    decider. `first_no` and `final_no` run from the opening to the buyer's side's first no, and first final one;
    `invited` is whether a no was invited before that first one, or at all when there is none. `assumptions` counts by
    the last test, None for untested ones.
    """

    segment: str | None
    outcome: Outcome | None
    verdict: Literal["right", "wrong", "undecided"]
    pressure: int
    help: int
    topics: int | None
    decider_coverage: float | None
    first_no: timedelta | None
    final_no: timedelta | None
    invited: bool
    motives: list[MotiveSeen]
    lenses: list[LensAndConfidence]
    assumptions: dict[str | None, int]


def deal_figures(view: View) -> DealFigures:
    """The figures of a deal. Costs two more passes over the facts before its close, to see it as it was then."""
    stream = view.stream
    coaching = Coaching()
    motives_seen: list[MotiveSeen] = []
    for entry in view.entries:
        coaching.take(entry.fact)
        told = entry.fact.data
        if isinstance(told, MotiveRecorded) and buys(stream, told.party_id):
            motives_seen.append(MotiveSeen(f"{entry.at:%Y-%m}", told.layer, told.polarity == "threatened"))
    closing = _until_the_close(view)
    topics, pressure, help_ = Topics(), 0, 0
    for entry in closing.entries:
        match entry.fact.data:
            case QualificationUpdated() as told:
                topics.take(entry.fact, told, entry.at)
            case PressureApplied():
                pressure += 1
            case HelpGiven():
                help_ += 1
    is_closed = stream.closed is not None
    refusals = noes(view)
    theirs = [no for no in refusals.noes if no.side == "buyer"]
    first = theirs[0].said_at if theirs else None
    final = next((no.said_at for no in theirs if no.kind == "final"), None)
    return DealFigures(
        segment=said(getattr(stream.terms, "segment", None)),
        outcome=None if stream.closed is None else stream.closed.data.outcome,
        verdict=right_deal(view).verdict,
        pressure=pressure,
        help=help_,
        topics=topics.known if is_closed else None,
        decider_coverage=motives(closing).decider_coverage if is_closed else None,
        first_no=None if first is None or stream.first_at is None else first - stream.first_at,
        final_no=None if final is None or stream.first_at is None else final - stream.first_at,
        invited=any(first is None or one.at <= first for one in refusals.invitations),
        motives=motives_seen,
        lenses=coaching.lenses(),
        assumptions=dict(Counter(thing.result for thing in stream.things("assumption"))),
    )


def _until_the_close(view: View) -> View:
    """The deal as it stood when it was closed, the close included; as it stands while it is open."""
    closed = view.stream.closed
    if closed is None:
        return view
    facts = []
    for entry in view.entries:
        facts.append(entry.fact)
        if entry.fact.event_id == closed.event_id:
            break
    return View(fold(view.stream.stream_id, facts), view.at, view.policy)
