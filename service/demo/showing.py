"""How the demo looks on a terminal: what was told, how things stand, where to look. Asks nobody anything."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from service.demo.story import Story
from service.demo.telling import Told

MARKS = {"recorded": Text("●", "green"), "known": Text("○", "dim"), "refused": Text("✗", "bold red")}
# Wider lines are hard to read, whatever the window allows; where there is no window, as wide as this.
WIDTH_MAX = 110
# One to try on each story.
QUESTIONS = ("?include=trust,commitments", "/proof-loop")


def console() -> Console:
    """Standard output, no wider than is good to read."""
    found = Console(highlight=False)
    found.width = min(found.width, WIDTH_MAX) if found.is_terminal else WIDTH_MAX
    return found


def heading(story: Story) -> Text:
    return Text.assemble("\n", (story.title, "bold"), (f"   a {story.kind}, {story.last_day + 1} days", "dim"))


def told(verdicts: Counter[str]) -> Text:
    """How many facts were taken as what."""
    words = {"recorded": "facts recorded", "known": "known already", "refused": "refused, as it should be"}
    return Text("   " + ", ".join(f"{verdicts[one]} {said}" for one, said in words.items() if verdicts[one]), "dim")


def line(told: Told, *, same_day: bool) -> Table:
    """One fact: the day when it is a new one, what happened, and its type."""
    row = Table.grid(padding=(0, 1), expand=True)
    row.add_column(width=7, justify="right", style="dim")
    row.add_column(width=1)
    row.add_column(ratio=1)
    row.add_column(style="dim", justify="right", no_wrap=True)
    text = Text(told.line.told)
    if told.verdict == "refused":
        text.append(f"\nRefused: {told.answer['detail']} {told.answer.get('accepted', '')}", "red")
    row.add_row("" if same_day else f"day {told.line.day}", MARKS[told.verdict], text, told.line.fact["type"])
    return row


def where(url: str, key: str, streams: Sequence[tuple[str, str]], pictures: Path) -> Group:
    """Addresses to open and lines to paste. `key` is what to put behind `Bearer`."""
    lines = [
        Text(),
        Text("Look around", "bold"),
        Text(f"  {pictures}   the pictures: trust over time, forces, the routines"),
        Text(f"  {url}/docs   every question, with what it answers about these two stories"),
    ]
    asked = [f"{path}{question}" for path, question in zip((path for _, path in streams), QUESTIONS, strict=True)]
    lines += [
        Text(f"  curl -s -H \"Authorization: Bearer {key}\" '{url}{path}'")
        for path in [*asked, "/v1/agenda?party=me", "/v1/patterns", "/v1/deals?sort=trust"]
    ]
    return Group(*lines)
