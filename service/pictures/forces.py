"""The four forces as a picture: what moves to the right, what holds to the left, one block for each force at work."""

from domain.events.forces import ForceKind
from projections.forces import FORCES, Forces, ForceSeen
from service.pictures.svg import Drawing, shortened

WIDTH = 760
ROW = 64
TOP = 84
BOTTOM = 58
MIDDLE = WIDTH / 2
REACH = MIDDLE - 40  # pixels a side has for its longest bar
UNIT_MAX = 34  # pixels a point of intensity takes at most
WORDS_MAX = 38  # of the strongest force, with room for "and 12 more"; the answer itself lists them all

HOLDS: frozenset[ForceKind] = frozenset({"anxiety", "habit"})
COLOURS: dict[ForceKind, str] = {"push": "--seller", "pull": "--self", "anxiety": "--bad", "habit": "--product"}


def forces_picture(forces: Forces) -> bytes:
    """The picture as SVG."""
    at_work = {kind: [one for one in forces.forces if one.force == kind and not one.resolved] for kind in FORCES}
    sums = {kind: sum(one.intensity for one in found) for kind, found in at_work.items()}
    drawing = Drawing(WIDTH, TOP + ROW * len(FORCES) + BOTTOM, f"Forces: {_verdict(forces)}", _told(forces, at_work))
    drawing.text(24, 34, "Forces", kind="head")
    drawing.text(24, 56, _verdict(forces), kind="dim")
    drawing.text(MIDDLE - 12, TOP - 8, "← holds back", kind="dim", anchor="end")
    drawing.text(MIDDLE + 12, TOP - 8, "moves →", kind="dim")
    unit = min(UNIT_MAX, REACH / max(1, *sums.values()))
    for row, kind in enumerate(FORCES):
        _bar(drawing, kind, at_work[kind], kind in forces.missing, TOP + ROW * row, unit)
    bottom = TOP + ROW * len(FORCES)
    drawing.line(MIDDLE, TOP, MIDDLE, bottom, class_="axis")
    _net(drawing, forces.net, bottom, unit)
    return drawing.svg()


def _bar(drawing: Drawing, kind: ForceKind, found: list[ForceSeen], never: bool, top: float, unit: float) -> None:
    way = -1 if kind in HOLDS else 1
    anchor = "end" if way < 0 else "start"
    edge = MIDDLE + 8 * way
    total = sum(one.intensity for one in found)
    label = "never observed" if never else str(total)
    drawing.text(edge, top + 18, f"{kind}  {label}", anchor=anchor, kind="dim" if never else "")
    place = MIDDLE
    for one in found:
        width = one.intensity * unit
        left = place if way > 0 else place - width
        drawing.rectangle(left + 1, top + 25, max(width - 2, 1), 14, fill=f"var({COLOURS[kind]})", rx=2)
        place += width * way
    if found:
        strongest = max(found, key=lambda one: one.intensity)
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        drawing.text(edge, top + 54, shortened(strongest.statement, WORDS_MAX) + more, kind="dim", anchor=anchor)


def _net(drawing: Drawing, net: int | None, top: float, unit: float) -> None:
    if net is None:
        drawing.text(MIDDLE, top + 30, "no force was observed yet", kind="dim", anchor="middle")
        return
    tip = MIDDLE + max(-REACH, min(REACH, net * unit))
    drawing.line(MIDDLE, top + 16, tip, top + 16, stroke="var(--ink)", stroke_width=3)
    drawing.circle(tip, top + 16, 5, fill="var(--ink)")
    drawing.text(MIDDLE, top + 42, f"net {net:+d}", anchor="middle")


def _verdict(forces: Forces) -> str:
    if forces.net is None:
        return "none was observed yet"
    if forces.moves is None:
        return f"net {forces.net:+d}; never observed: {', '.join(forces.missing)}"
    return (
        f"net {forces.net:+d}, {'what moves outweighs what holds' if forces.moves else 'what holds is not outweighed'}"
    )


def _told(forces: Forces, at_work: dict[ForceKind, list[ForceSeen]]) -> str:
    """The picture in words."""
    sums = "; ".join(
        f"{kind} {sum(one.intensity for one in found)}"
        + (f" ({', '.join(shortened(one.statement, WORDS_MAX) for one in found)})" if found else "")
        for kind, found in at_work.items()
    )
    return f"{sums}. Push and pull move, anxiety and habit hold back. {_verdict(forces).capitalize()}."
