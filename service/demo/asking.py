"""How the demo shows answers on a terminal: a story's course, and how it looks at one moment. Asks nobody anything.

A sentence has one line here, so that both stories fit on two screens; the whole ones are in the timeline.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from service.demo.looking import DimensionTrust, Entry, Look, Row, turning_points
from service.demo.telling import Standing

# Fewer hide the story, more hide what it comes to.
ENTRIES_SHOWN = 15
ROWS_SHOWN = 2
QUESTIONS_SHOWN = 3
BAR = 10

LABELS = {"trusted": "green", "distrusted": "red", "uncertain": "yellow", "unknown": "dim"}


def course(entries: list[Entry], first_day: date) -> Group:
    """The moments that changed most: the day, what happened, and what it did."""
    shown = turning_points(entries, ENTRIES_SHOWN)
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=8, justify="right", style="dim")
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    day = None
    for entry in shown:
        on = (entry.at.date() - first_day).days
        sentence = Text(entry.summary, "italic" if entry.type is None else "")
        grid.add_row("" if on == day else f"day {on}", sentence, _effect(entry))
        day = on
    quiet = len(entries) - len(shown)
    return Group(grid, Text(f"         and {quiet} quieter moments in its timeline", "dim"))


def panel(seen: Look, sentences: Mapping[UUID, str], title: str, standing: Standing | None = None) -> Panel:
    """Trust with what weighs most in it, signals with their questions, and what to ask next."""
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=9, style="dim")
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    if standing is not None:
        _stands(grid, standing)
    for index, one in enumerate(seen.trust):
        grid.add_row("" if index else "trust", _trust(one, sentences, weakest=one.dimension == seen.weakest))
    for index, signal in enumerate(seen.signals):
        text = Text.assemble(("▲ " + signal.name.replace("_", " "), "bold yellow"), f"  {signal.question}")
        grid.add_row("" if index else "signals", text)
    if not seen.signals:
        grid.add_row("signals", Text("none is on", "dim"))
    for index, question in enumerate(seen.questions[:QUESTIONS_SHOWN]):
        grid.add_row(
            "" if index else "ask next", Text.assemble(question.question, (f"  {question.answered_by}", "dim"))
        )
    if not seen.questions:
        grid.add_row("ask next", Text("nothing is open that could be asked", "dim"))
    return Panel(grid, title=title, title_align="left", border_style="dim")


def _trust(one: DimensionTrust, sentences: Mapping[UUID, str], *, weakest: bool) -> Table:
    filled = round(one.score * BAR)
    grid = Table.grid(padding=(0, 1), expand=True)
    grid.add_column(width=8)
    grid.add_column(width=BAR)
    grid.add_column(width=4)
    grid.add_column(width=11)
    grid.add_column(width=6, justify="right")
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    style = LABELS[one.label]
    head = [
        Text(one.dimension, "bold" if weakest else ""),
        Text.assemble(("█" * filled, style), ("░" * (BAR - filled), "dim")),
        Text(f"{one.score:.2f}"),
        Text(one.label, style),
    ]
    rows = one.weightiest(ROWS_SHOWN)
    for row in rows:
        grid.add_row(*head, _signed(row.effect), _said(row, sentences.get(row.event_id, "")))
        head = [Text()] * len(head)
    if not rows:
        grid.add_row(*head, "", Text("nothing speaks for or against it yet", "dim"))
    return grid


def _said(row: Row, sentence: str) -> str:
    """The sentence of the fact, and what became of it where that is against it and another matter."""
    case = row.case.replace("_", " ")
    return sentence if row.effect >= 0 or case in sentence else f"{case}: {sentence}"


def _stands(grid: Table, standing: Standing) -> None:
    words = [standing.status, standing.outcome, standing.stage]
    stands = Text("stands " + ", ".join(word.replace("_", " ") for word in words if word))
    if standing.forces_net is not None:
        stands.append(f"; forces, net {standing.forces_net:+d}")
    grid.add_row("", stands.append(f"; {standing.facts} facts"))
    for promise in standing.promises:
        over = Text("  overdue", "bold red") if promise.overdue else Text(f"  by {promise.at:%d %b}", "dim")
        grid.add_row("", Text(f"open promise  {promise.text}").append_text(over))
    for objection in standing.objections:
        grid.add_row("", Text(f"open objection  {objection}"))


def _effect(entry: Entry) -> Text:
    parts = [
        Text.assemble(f"{one.dimension} ", _signed(one.change)) for one in entry.effect.trust if abs(one.change) > 0.005
    ]
    net = entry.effect.forces_net
    if net is not None:
        step = (net.after or 0) - (net.before or 0)
        parts.append(Text.assemble("forces ", (f"{step:+d}", "green" if step > 0 else "red")))
    return Text("  ").join(parts)


def _signed(change: float) -> Text:
    return Text(f"{change:+.2f}", "green" if change > 0 else "red")
