"""How the demo looks on a terminal: what happened, how things stand, where to look. Asks nobody anything."""

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.demo.story import Story
from service.demo.telling import Standing, Told

MARKS = {"recorded": Text("●", "green"), "known": Text("○", "dim"), "refused": Text("✗", "bold red")}
# Wider lines are hard to read, whatever the window allows; where there is no window, as wide as this.
WIDTH_MAX = 110


def console() -> Console:
    """Standard output, no wider than is good to read."""
    found = Console(highlight=False)
    found.width = min(found.width, WIDTH_MAX) if found.is_terminal else WIDTH_MAX
    return found


def heading(story: Story) -> Text:
    return Text.assemble("\n", (story.title, "bold"), (f"   a {story.kind}, {story.last_day + 1} days\n", "dim"))


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


def now(story: Story, standing: Standing) -> Panel:
    """How things stand after the last fact."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    stands = [standing.status, standing.outcome, standing.stage]
    grid.add_row("stands", ", ".join(word.replace("_", " ") for word in stands if word))
    if standing.forces_net is not None:
        grid.add_row("forces, net", f"{standing.forces_net:+d}")
    for promise in standing.promises:
        over = Text("  overdue", "bold red") if promise.overdue else Text(f"  by {promise.at:%d %b}", "dim")
        grid.add_row("open promise", Text(promise.text).append_text(over))
    for objection in standing.objections:
        grid.add_row("open objection", Text(objection))
    grid.add_row("facts", str(standing.facts))
    return Panel(grid, title=f"{story.title}: now", title_align="left", border_style="dim")


def where(url: str, key: str, streams: list[tuple[str, str]]) -> Group:
    """Addresses to open and lines to paste. `key` is what to put behind `Bearer`."""
    lines = [Text("Look around", "bold"), Text(f"  {url}/docs")]
    paths = [f"/v1/{kind}s/{stream}" for kind, stream in streams]
    asked = [
        *paths,
        *(f"{path}/events?limit=5&direction=backward" for path in paths),
        "/v1/agenda?party=me",
        "/v1/deals",
    ]
    lines += [Text(f"  curl -s -H \"Authorization: Bearer {key}\" '{url}{path}'") for path in asked]
    return Group(*lines)
