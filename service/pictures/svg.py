"""A drawing as SVG text: elements in the order they are drawn, one style for all pictures. Knows nothing of answers."""

from html import escape

# The picture in a page follows the reader's scheme. Colours differ in lightness too, and no picture relies on colour
# alone: what differs in colour differs in place, shape or words as well.
STYLE = """\
svg { --ground: #ffffff; --ink: #1c2127; --dim: #59636e; --rule: #d8dee4; --good: #1a7f5a; --bad: #b3402a;
  --seller: #1f5fbf; --product: #a8500c; --process: #7a45b8; --self: #1a7f5a;
  font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --ground: #14181d; --ink: #e8ecf1; --dim: #9aa6b2; --rule: #343c45; --good: #4cc38a; --bad: #f0866c;
    --seller: #79aef5; --product: #f0a15a; --process: #c39af0; --self: #4cc38a; } }
text { fill: var(--ink); } .dim { fill: var(--dim); } .head { font-size: 16px; font-weight: 600; }
.rule { stroke: var(--rule); } .axis { stroke: var(--dim); }"""


class Drawing:
    """A picture of a fixed size in pixels, with a title and a description in words."""

    def __init__(self, width: int, height: int, title: str, description: str) -> None:
        self._open = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" aria-labelledby="title description">'
            f'<title id="title">{escape(title)}</title><desc id="description">{escape(description)}</desc>'
            f"<style>{STYLE}</style>"
        )
        self._parts: list[str] = []
        self.rectangle(0, 0, width, height, fill="var(--ground)", rx=6)

    def text(self, x: float, y: float, words: str, *, kind: str = "", anchor: str = "start") -> None:
        """Words with their baseline at `y`; `anchor` is start, middle or end."""
        told = f' class="{kind}"' if kind else ""
        placed = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._parts.append(f'<text x="{_px(x)}" y="{_px(y)}"{told}{placed}>{escape(words)}</text>')

    def rectangle(self, x: float, y: float, width: float, height: float, **drawn: object) -> None:
        """A rectangle; `drawn` are SVG attributes, underscores for hyphens."""
        self._add("rect", {"x": x, "y": y, "width": width, "height": height}, drawn)

    def line(self, x1: float, y1: float, x2: float, y2: float, **drawn: object) -> None:
        """A straight line."""
        self._add("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2}, drawn)

    def circle(self, x: float, y: float, radius: float, **drawn: object) -> None:
        """A circle around (x, y)."""
        self._add("circle", {"cx": x, "cy": y, "r": radius}, drawn)

    def path(self, points: list[tuple[float, float]], *, closed: bool = False, **drawn: object) -> None:
        """A line through points, or the area inside them."""
        steps = "L".join(f"{_px(x)} {_px(y)}" for x, y in points)
        self._add("path", {}, {"d": f"M{steps}{'Z' if closed else ''}", **drawn})

    def svg(self) -> bytes:
        """The picture as an SVG document."""
        return (self._open + "".join(self._parts) + "</svg>\n").encode()

    def _add(self, name: str, places: dict[str, float], drawn: dict[str, object]) -> None:
        told = {one: _px(place) for one, place in places.items()}
        told |= {one.rstrip("_").replace("_", "-"): escape(str(value)) for one, value in drawn.items()}
        self._parts.append(f"<{name} {' '.join(f'{one}={_quoted(value)}' for one, value in told.items())}/>")


def shortened(words: str | None, length: int) -> str:
    """Words that fit: cut at `length` characters; a dash when there are none."""
    if not words:
        return "–"
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"


def _px(place: float) -> str:
    """A place to a tenth of a pixel, without trailing noughts."""
    return f"{place:.1f}".removesuffix(".0")


def _quoted(value: str) -> str:
    return f'"{value}"'
