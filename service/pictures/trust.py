"""Trust over time as a picture: a strip for each dimension, its score as a line inside its interval, events as dots."""

from datetime import datetime, timedelta
from fractions import Fraction

from domain.fields import Dimension
from projections.trust.changes import TrustHistory
from projections.trust.interval import STEPS_OF_ONE, Beta
from projections.trust.policy import Policy
from projections.trust.score import DimensionTrust, Trust, trust
from projections.view import View
from service.pictures.svg import Drawing

WIDTH = 760
LEFT, RIGHT = 128, 24
TOP = 78
STRIP, GAP = 84, 18
BOTTOM = 40
COLUMNS = 90
"""Instants at which the line is drawn: one every seven pixels."""

Place = tuple[float, float]


def trust_picture(view: View, history: TrustHistory) -> bytes:
    """The picture as SVG, of a history with `COLUMNS` evenly spaced instants."""
    now = trust(view)
    height = TOP + (STRIP + GAP) * len(now.dimensions) - GAP + BOTTOM
    drawing = Drawing(WIDTH, height, f"Trust: {_headline(now)}", _told(now, history))
    drawing.text(24, 34, "Trust", kind="head")
    drawing.text(24, 56, _headline(now), kind="dim")
    times = [one.at for one in history.spaced] or [view.at]
    for row, leg in enumerate(now.dimensions):
        _strip(drawing, leg, history, view.policy, times, TOP + (STRIP + GAP) * row)
    _dates(drawing, times[0], times[-1], height - 14)
    return drawing.svg()


def _strip(
    drawing: Drawing, leg: DimensionTrust, history: TrustHistory, policy: Policy, times: list[datetime], top: float
) -> None:
    colour = f"var(--{leg.dimension})"
    drawing.text(24, top + 20, leg.dimension)
    drawing.text(24, top + 38, f"{leg.score:.2f}  {leg.label}", kind="dim")
    drawing.text(LEFT - 8, top + 4, "1", kind="dim", anchor="end")
    drawing.text(LEFT - 8, top + STRIP + 4, "0", kind="dim", anchor="end")
    for share, kind in ((0.0, "rule"), (1.0, "rule"), (0.5, "axis")):
        y = _y(share, top)
        dashes = {"stroke_dasharray": "3 4"} if share == 0.5 else {}
        drawing.line(LEFT, y, WIDTH - RIGHT, y, class_=kind, **dashes)
    line: list[Place] = []
    low: list[Place] = []
    high: list[Place] = []
    for one in history.spaced:
        x, score = _x(one.at, times), one.scores[leg.dimension]
        least, most = _interval(score, one.uncertainties[leg.dimension], policy)
        line.append((x, _y(score, top)))
        low.append((x, _y(least, top)))
        high.append((x, _y(most, top)))
    if len(line) > 1:
        drawing.path([*high, *reversed(low)], closed=True, fill=colour, fill_opacity=0.16)
        drawing.path(line, fill="none", stroke=colour, stroke_width=2, stroke_linejoin="round")
    _events(drawing, leg.dimension, history, times, top)
    drawing.circle(WIDTH - RIGHT, _y(leg.score, top), 3.5, fill=colour)


def _events(drawing: Drawing, dimension: Dimension, history: TrustHistory, times: list[datetime], top: float) -> None:
    """A dot where something raised trust, a ring where something lowered it."""
    for point in history.points:
        for change in point.changes:
            if change.dimension != dimension or not change.change:
                continue
            rises = change.change > 0
            drawn = {"fill": "var(--good)"} if rises else {"fill": "var(--ground)", "stroke": "var(--bad)"}
            drawing.circle(_x(point.at, times), _y(change.score, top), 3.5 if rises else 4, stroke_width=2, **drawn)


def _interval(score: float, uncertainty: float, policy: Policy) -> tuple[float, float]:
    """The interval of an opinion, out of its score and uncertainty."""
    whole = float(policy.prior_weight) / uncertainty
    alpha = Fraction(score * whole)
    beta = Beta(alpha, max(Fraction(whole) - alpha, Fraction(1, STEPS_OF_ONE)))
    tail = (1 - Fraction(policy.interval)) / 2
    return beta.quantile(tail) / STEPS_OF_ONE, beta.quantile(1 - tail) / STEPS_OF_ONE


def _x(at: datetime, times: list[datetime]) -> float:
    whole = times[-1] - times[0] or timedelta(seconds=1)
    return LEFT + (WIDTH - RIGHT - LEFT) * max(0.0, min(1.0, (at - times[0]) / whole))


def _y(share: float, top: float) -> float:
    return top + STRIP * (1 - share)


def _dates(drawing: Drawing, first: datetime, last: datetime, y: float) -> None:
    drawing.text(LEFT, y, f"{first:%Y-%m-%d}", kind="dim")
    drawing.text(WIDTH - RIGHT, y, f"{last:%Y-%m-%d}", kind="dim", anchor="end")


def _headline(now: Trust) -> str:
    return f"weakest: {now.weakest_dimension} {now.overall:.2f}, {now.label}"


def _told(now: Trust, history: TrustHistory) -> str:
    """The picture in words."""
    legs = "; ".join(
        f"{leg.dimension} {leg.score:.2f} ({leg.label}, probably between {leg.low:.2f} and {leg.high:.2f})"
        for leg in now.dimensions
    )
    rises = sum(change.change > 0 for point in history.points for change in point.changes)
    falls = sum(change.change < 0 for point in history.points for change in point.changes)
    moved = f"{rises} times something raised one, {falls} times something lowered one."
    return f"Scores from 0 to 1, 0.5 when nothing is known: {legs}. {moved}"
