"""How one step of a story looks on a terminal: what happened, who and when, what it changed, and the state after it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from projections.audit_entries import Correction, Erasure, Void, Widening
from service.replaying.story import Step, Story
from service.replaying.words import NOTHING, Said, said, worded

# Members of a state that are a measure of time or of the whole: last, and dim.
QUIET = ("last event at", "changes at", "counts", "id", "kind", "open")
# Told by the heading, or in full elsewhere on the screen.
LEFT_OUT = frozenset({"id", "kind", "open", "last_event_at", "changes_at", "counts", "participants"})
MARKS = {"new": ("+", "green"), "gone": ("-", "red"), "changed": ("~", "yellow")}  # also where colours do not show


def step(story: Story, place: int) -> Group:
    """The whole step, as tall as it is."""
    shown, names = story.steps[place], story.names()
    return Group(
        Rule(Text(f"step {place + 1} of {len(story.steps)}   {story.stream_id}", "bold"), align="left", style="dim"),
        *(Text(f"meanwhile   {line}", "italic yellow") for line in shown.meanwhile),
        Text(shown.told.summary, "bold"),
        _facts(story, shown, names),
        Text("\nchanged", "bold"),
        *_changes(shown, names),
        Text("\ntrust", "bold"),
        *_trust(shown),
        Text("\nstate after it", "bold"),
        _state(shown, names),
        *(Text(f"since then   {line}", "italic yellow") for line in _after(story, place)),
    )


def source(story: Story) -> Text:
    """Where the story is from, and what is missing in it."""
    text = Text(f"{story.stream_id}: {len(story.steps)} steps, {story.source}", "dim")
    if story.hidden:
        text.append(f"\n{story.hidden} more facts are sealed to this reader: the bundle proves that they are there")
    return text


def _facts(story: Story, shown: Step, names: Mapping[str, str]) -> Table:
    """Who and when, and what became of the fact."""
    told, record = shown.told, shown.record
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("fact", f"{told.type}, version {told.stream_version}, position {told.position}")
    by = worded(str(record.recorded_by.party_id), names)
    agent = "" if record.recorded_by.kind == "person" else f" ({record.recorded_by.kind})"
    acting = f", for {worded(str(told.acting_party), names)}" if record.on_behalf else ""
    grid.add_row("by", f"{by}{agent}{acting}; attested by {record.attestation}; seen by {record.visible_now}")
    counts = "" if told.at == told.occurred_at else f" (counts from {_time(told.at)})"
    grid.add_row("happened", _time(told.occurred_at) + counts)
    late = "" if record.late_days is None else f", {record.late_days:.1f} days late"
    learned = ", after things that happened later" if told.learned_later else ""
    grid.add_row("recorded", _time(told.recorded_at) + late + learned)
    for label, other in (("voided", record.voided_by), ("corrected", record.corrected_by)):
        by_fact = next((one for one in story.steps if one.told.event_id == other), None)
        if other is not None:
            where = f"…{str(other)[-8:]}" if by_fact is None else f"version {by_fact.version}, {_recorded(by_fact)}"
            grid.add_row(Text(label, "red"), f"by {where}")
    if record.erased:
        grid.add_row(Text("erased", "red"), "its words were destroyed")
    if record.change is not None:
        grid.add_row("which", _rewrites(story, record.change, names))
    return grid


def _rewrites(story: Story, change: Correction | Void | Widening | Erasure, names: Mapping[str, str]) -> Text:
    """What a void, a correction, a widening or an erasure did to another fact."""
    target = next((one for one in story.steps if one.told.event_id == change.target_event_id), None)
    what = "a fact" if target is None else f"version {target.version} ({target.told.type})"
    match change:
        case Correction(before=before, after=after, reason=reason):
            sides = [f"{key.replace('_', ' ')}: {one} → {other}" for key, one, other in _sides(before, after, names)]
            return Text(f"corrects {what}: {'; '.join(sides) or 'nothing that is left'}{_why(reason)}")
        case Void(reason=reason):
            return Text(f"takes out {what}{_why(reason)}")
        case Widening(was=was, now=now):
            return Text(f"widens {what}: {was} → {now}")
        case Erasure(scope=scope, reason=reason):
            return Text(f"destroys the content of {'this fact' if scope == 'event' else f'a {scope}'}{_why(reason)}")


def _sides(
    before: dict[str, Any] | None, after: dict[str, Any] | None, names: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    was, now = before or {}, after or {}
    for key in sorted(was.keys() | now.keys()):
        if was.get(key) != now.get(key):
            yield key, worded(was.get(key), names), worded(now.get(key), names)


def _changes(shown: Step, names: Mapping[str, str]) -> Iterator[Text]:
    if shown.held is None:
        reason = "it holds no longer" if shown.record.voided_by else "what it set right reads so from its own step on"
        yield Text(f"  no state: {reason}", "dim")
        return
    found = said(shown.before, shown.held.change, names)
    loud = [one for one in found if not one.of.startswith(QUIET)]
    quiet = [one for one in found if one.of.startswith(QUIET)]
    if not loud:
        yield Text("  nothing but the record itself", "dim")
    for one in loud:
        mark, style = MARKS[one.sort]
        yield Text.assemble(("  " + mark + " ", style), one.of, ": ", *_values(one))
    if quiet:
        yield Text("  " + "; ".join(f"{one.of} {one.after}" for one in quiet), "dim")


def _values(one: Said) -> Iterator[str | tuple[str, str]]:
    if one.sort != "new":
        yield (one.before, "dim strike" if one.sort == "gone" else "dim")
    if one.sort == "changed":
        yield " → "
    if one.sort != "gone":
        yield one.after


def _trust(shown: Step) -> Iterator[Text]:
    if not shown.told.effect.trust:
        yield Text("  this fact is no evidence, or of something that no longer holds", "dim")
    for one in shown.told.effect.trust:
        style = "green" if one.change > 0 else "red" if one.change < 0 else "dim"
        yield Text.assemble(
            f"  {one.dimension:8} {one.score_before:.2f} → {one.score:.2f}  ",
            (f"{one.change:+.2f}", style),
            (f"   uncertainty {one.uncertainty_before:.2f} → {one.uncertainty:.2f}", "dim"),
        )


def _state(shown: Step, names: Mapping[str, str]) -> Table | Text:
    if shown.state is None:
        return Text("  none yet", "dim")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    changed = {one.path.split("/")[1] for one in shown.held.change if one.path} if shown.held else set()
    people = [
        names[one["party_id"]] + (f" ({one['side']})" if one["name"] else "") for one in shown.state["participants"]
    ]
    if people:
        grid.add_row("  people", Text(", ".join(people), "bold" if "participants" in changed else ""))
    for key, value in shown.state.items():
        words = worded(value, names)
        if key not in LEFT_OUT and (words != NOTHING or key in changed):
            grid.add_row(f"  {key.replace('_', ' ')}", Text(words, "bold" if key in changed else ""))
    return grid


def _after(story: Story, place: int) -> list[str]:
    return story.since if place + 1 == len(story.steps) else []


def _recorded(one: Step) -> str:
    return f"recorded {_time(one.told.recorded_at)}"


def _why(reason: str | None) -> str:
    return "" if reason is None else f", because: {reason}"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
