"""The proof loop as a picture: a row for each routine, a mark for each period, so that a run can be seen as one."""

from projections.proof_loop import ProofLoop
from projections.routine_loop import LoopPeriod, RoutineLoop
from service.pictures.svg import Drawing, shortened

WIDTH = 760
LEFT, TOP, BOTTOM = 24, 96, 20
CELL, GAP = 14, 3
PER_LINE = 42  # so that six weeks of days are one line
HEAD = 46  # of a routine: its name and figures, above its marks
NAME_MAX = 44
ROUTINES_MAX = 12  # the answer itself has them all
LEGEND = (("done", "done"), ("partial", "partial"), ("missed", "missed"), ("skipped", "skipped"))


def proof_loop_picture(loop: ProofLoop) -> bytes:
    """The picture as SVG."""
    shown = loop.routines[:ROUTINES_MAX]
    heights = [HEAD + _lines(one) * (CELL + GAP) + 14 for one in shown]
    height = TOP + (sum(heights) or 30) + BOTTOM
    drawing = Drawing(WIDTH, height, f"Proof loop: {_headline(loop)}", _told(loop))
    drawing.text(LEFT, 34, "Proof loop", kind="head")
    drawing.text(LEFT, 56, _headline(loop), kind="dim")
    _legend(drawing)
    if not shown:
        drawing.text(LEFT, TOP + 14, "no routine was set yet", kind="dim")
    top = TOP
    for one, tall in zip(shown, heights, strict=True):
        _routine(drawing, one, top)
        top += tall
    return drawing.svg()


def _routine(drawing: Drawing, one: RoutineLoop, top: float) -> None:
    drawing.text(LEFT, top + 14, shortened(one.name, NAME_MAX))
    drawing.text(LEFT, top + 32, _figures(one), kind="dim")
    for index, period in enumerate(one.periods):
        line, column = divmod(index, PER_LINE)
        _mark(drawing, period.status, LEFT + column * (CELL + GAP), top + HEAD + line * (CELL + GAP))


def _mark(drawing: Drawing, status: str, x: float, y: float) -> None:
    """Done is full, partial half full, missed empty and crossed, skipped a dot: told apart without colour too."""
    match status:
        case "done":
            drawing.rectangle(x, y, CELL, CELL, fill="var(--good)", rx=3)
        case "partial":
            drawing.rectangle(x + 0.5, y + 0.5, CELL - 1, CELL - 1, fill="none", stroke="var(--good)", rx=3)
            drawing.rectangle(x, y + CELL / 2, CELL, CELL / 2, fill="var(--good)", rx=3)
        case "missed":
            drawing.rectangle(x + 0.5, y + 0.5, CELL - 1, CELL - 1, fill="none", stroke="var(--bad)", rx=3)
            drawing.line(x + 4, y + 4, x + CELL - 4, y + CELL - 4, stroke="var(--bad)", stroke_width=1.5)
        case _:
            drawing.circle(x + CELL / 2, y + CELL / 2, 2, fill="var(--dim)")


def _legend(drawing: Drawing) -> None:
    x = float(LEFT)
    for status, word in LEGEND:
        _mark(drawing, status, x, 68)
        drawing.text(x + CELL + 6, 80, word, kind="dim")
        x += CELL + 22 + 8 * len(word)


def _lines(one: RoutineLoop) -> int:
    return max(1, -(-len(one.periods) // PER_LINE))


def _figures(one: RoutineLoop) -> str:
    share = "nothing due yet" if one.completion is None else f"{one.completion:.0%} done"
    return f"streak {one.streak}, longest {one.longest}, {share}, strength {one.strength:.2f}"


def _headline(loop: ProofLoop) -> str:
    return f"trust in oneself {loop.trust.score:.2f}, {loop.trust.label}"


def _told(loop: ProofLoop) -> str:
    """The picture in words."""
    routines = "; ".join(
        f"{shortened(one.name, NAME_MAX)}: {_figures(one)}{_span(one.periods)}" for one in loop.routines
    )
    return f"{_headline(loop).capitalize()}. {routines or 'No routine was set yet'}."


def _span(periods: list[LoopPeriod]) -> str:
    return f", shown from {periods[0].first_day} to {periods[-1].last_day}" if periods else ""
