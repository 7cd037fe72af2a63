"""`throughline replay`: finds the story, and walks through it on a terminal or prints it."""

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import BinaryIO

import click
from rich.console import Console, ConsoleDimensions
from rich.control import Control
from rich.segment import Segment, Segments
from rich.text import Text

from domain.history import KnownAt
from service.demo.reaching import OWNER_KEY_FILE, reached
from service.demo.showing import WIDTH_MAX, console
from service.proof.command import KeyText, lines_of
from service.proof.flaws import Flaw
from service.proof.note import VerifierKey
from service.replaying import asking, offline, showing
from service.replaying.keys import keys
from service.replaying.story import Story
from service.replaying.walking import Walk
from service.settings import CALLERS_KEY, read_settings

# A window lower than this shows nothing of use; a larger one is believed.
HEIGHT_MIN = 5


class Moment(click.ParamType[datetime]):
    """An instant, as `as_of` takes it."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value} is no time; one looks like 2026-03-31T14:00:00Z.", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class SizeOrMoment(Moment):
    """A size of the log or an instant, as `known_at` takes it."""

    name = "size or time"

    def convert(  # type: ignore[override]  # it is an instant or a number
        self, value: str | int | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime | int:
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return int(value)
        return super().convert(value, param, ctx)


@click.command(
    "replay",
    help="""Walk through a deal or a goal step by step: each fact, who recorded it and when, what it changed, and the
    state after it.

    STREAM is an id, or a name such as deal/0193a000-…. It is read from the service that --url names, else from the one
    that runs on this machine with these settings, else from one that is started for the while; or from a bundle, which
    is verified first. Where the output is no terminal, all steps are printed.
    """,
)
@click.argument("stream", required=False)
@click.option("--url", help="The address of a running service, such as http://127.0.0.1:8000.")
@click.option(
    "--key", envvar=CALLERS_KEY, help=f"A key to it; else {CALLERS_KEY}, {OWNER_KEY_FILE}, or it is asked for."
)
@click.option("--bundle", type=click.File("rb"), help="An exported bundle to read instead, offline.")
@click.option("--signed-by", type=KeyText(), multiple=True, help="A key that must have signed the bundle.")
@click.option("--step", type=click.IntRange(1), help="Begin with this step; where it is printed, print only this one.")
@click.option("--as-of", type=Moment(), help="Only what had happened by then.")
@click.option(
    "--known-at", type=SizeOrMoment(), help="Only what had been recorded by then: a time, or a size of the log."
)
def command(
    stream: str | None,
    url: str | None,
    key: str | None,
    bundle: BinaryIO | None,
    signed_by: tuple[VerifierKey, ...],
    step: int | None,
    as_of: datetime | None,
    known_at: KnownAt,
) -> None:
    """Find the story and show it."""
    if bundle is None:
        story = _asked(stream, url, key, as_of, known_at)
    else:
        if url is not None:
            raise click.UsageError("A bundle is read without any service: leave out --url.")
        try:
            story = offline.story(lines_of(bundle), signed_by, stream, as_of, known_at)
        except Flaw as flaw:
            click.echo(f"throughline: {flaw}", err=True)
            sys.exit(flaw.kind.exit_code)
    if step is not None and step > len(story.steps):
        raise click.BadParameter(f"There are {len(story.steps)} steps.", param_hint="--step")
    if sys.stdout.isatty() and sys.stdin.isatty():
        _walk(Walk(story, (step or 1) - 1))
    else:
        _print(story, range(len(story.steps)) if step is None else [step - 1])


def _asked(stream: str | None, url: str | None, key: str | None, as_of: datetime | None, known_at: KnownAt) -> Story:
    if stream is None:
        raise click.UsageError("Which deal or goal? Give its id, or a bundle with --bundle.")
    settings = read_settings(os.environ)
    if key is None and url is not None and not (settings.data / OWNER_KEY_FILE).exists() and sys.stdin.isatty():
        key = click.prompt("Key", hide_input=True, err=True)
    with reached(settings, url, key) as service:
        known = known_at.isoformat() if isinstance(known_at, datetime) else known_at
        return asking.story(
            service.api, stream, None if as_of is None else as_of.isoformat(), None if known is None else str(known)
        )


def _print(story: Story, places: Iterable[int]) -> None:
    """Plainly, one step after the other."""
    paper = console()
    paper.print(showing.source(story))
    for place in places:
        paper.print(showing.step(story, place))
        paper.print()


def _walk(walk: Walk) -> None:
    """On the terminal, until whoever walks has enough."""
    screen = Console(highlight=False)
    screen.set_alt_screen(True)
    try:
        with keys() as pressed:
            size = _draw(screen, walk)
            while not walk.over:
                key = pressed.next()
                if key is not None:
                    walk.press(key)
                if key is not None or screen.size != size:
                    size = _draw(screen, walk)
    finally:
        screen.set_alt_screen(False)


def _draw(screen: Console, walk: Walk) -> ConsoleDimensions:
    """The step, from where it was scrolled to, with the line of keys below; the size it was drawn for."""
    size = screen.size
    options = screen.options.update(width=min(size.width, WIDTH_MAX))
    lines = screen.render_lines(showing.step(walk.story, walk.place), options, pad=False)
    room = max(size.height, HEIGHT_MIN) - 2
    walk.offset = min(walk.offset, max(0, len(lines) - room))
    shown = lines[walk.offset : walk.offset + room]
    below = len(lines) - walk.offset - room
    segments = [segment for line in shown for segment in (*line, Segment.line())]
    segments += [Segment.line()] * (room - len(shown))
    screen.control(Control.home(), Control.clear())
    screen.print(Segments(segments), end="")
    screen.print(f"[dim]{f'… {below} more lines: ↓' if below > 0 else ''}[/dim]", markup=True)
    screen.print(Text(walk.bottom[-size.width + 1 :], "reverse"), end="", no_wrap=True)
    return size
