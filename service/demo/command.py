"""`throughline demo`: tells the two stories to a service and shows what came of it. No story is written in here."""

import contextlib
import os
import shlex
import subprocess
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import click
from rich.console import Console

from service.demo import asking, drawing, showing
from service.demo.calling import Api
from service.demo.looking import course, look
from service.demo.reaching import OWNER_KEY_FILE, reached
from service.demo.story import NAMES, Story, Telling, default_telling, story
from service.demo.telling import standing, tell
from service.settings import Settings, read_settings


@click.command(
    help="""Tell a service two invented stories, a deal and a personal goal, over its own API, and show how they stand.

    Takes the service that --url names; else the one that runs on this machine with these settings; else it starts one
    on a free port for the while. What it records stays. Telling the stories again adds nothing; --again tells them as
    new ones.
    """
)
@click.option("--url", help="The address of a running service, such as http://127.0.0.1:8000.")
@click.option("--key", help=f"A key to it; without one, {OWNER_KEY_FILE} in the data folder is used.")
@click.option("--again", is_flag=True, help="Tell the stories once more, as another deal and another goal.")
@click.option("--facts", is_flag=True, help="Print every fact as it is told.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-pictures"),
    show_default=True,
    help="The folder for the pictures.",
)
@click.option("--stay", is_flag=True, help="Keep the service that was started for this until Ctrl-C.")
def demo(url: str | None, key: str | None, *, again: bool, facts: bool, pictures: Path, stay: bool) -> None:
    settings = read_settings(os.environ)
    console = showing.console()
    with reached(settings, url, key) as service:
        console.print(f"Telling two stories to {service.api.url}")
        streams = _tell_both(console, service.api, again=again, facts=facts)
        drawing.save(service.api, pictures, streams)
        shown = "$KEY" if key else f"$(cat {shlex.quote(str(_short(settings.data / OWNER_KEY_FILE)))})"
        address = service.api.url if stay or service.process is None else f"http://{settings.host}:{settings.port}"
        paths = [(told.kind, path) for told, path in streams]
        console.print(showing.where(address, shown, paths, pictures / drawing.PAGE), soft_wrap=True)
        if service.process is not None:
            _end(console, service.process, address, settings, stay=stay)


def _tell_both(console: Console, api: Api, *, again: bool, facts: bool) -> list[tuple[Story, str]]:
    _, answer = api.get("/v1/me")
    me = UUID(answer["party_id"])
    telling_id = uuid4() if again else default_telling(me)
    streams: list[tuple[Story, str]] = []
    for name in NAMES:
        telling = Telling(story(name), telling_id, me)
        console.print(showing.heading(telling.story))
        _tell(console, api, telling, facts=facts)
        _show(console, api, telling)
        streams.append((telling.story, telling.path))
    return streams


def _tell(console: Console, api: Api, telling: Telling, *, facts: bool) -> None:
    """Send the story; of facts that are told for the first time a refusal is shown in any case."""
    verdicts: Counter[str] = Counter()
    day = None
    for told in tell(api, telling):
        verdicts[told.verdict] += 1
        if facts or (told.verdict == "refused" and verdicts["recorded"]):
            console.print(showing.line(told, same_day=told.line.day == day))
            day = told.line.day
    console.print(showing.told(verdicts))


def _show(console: Console, api: Api, telling: Telling) -> None:
    """What the service makes of it: its course, how it looked when it stood worst, and how it looks now."""
    entries = course(api, telling.path)
    first_day = entries[0].at.date()
    console.print(asking.course(entries, first_day))
    turning = datetime.combine(first_day, time(0), UTC) + timedelta(days=telling.story.turning_day + 1)
    sentences = {entry.event_id: entry.summary for entry in entries if entry.type is not None}
    worst = look(api, telling.path, turning)
    console.print(asking.panel(worst, sentences, f"Looking back at the evening of day {telling.story.turning_day}"))
    console.print(asking.panel(look(api, telling.path), sentences, "Now", standing(api, telling)))


def _end(console: Console, process: subprocess.Popen[bytes], address: str, settings: Settings, *, stay: bool) -> None:
    """The service that was started here stays until Ctrl-C, or goes now; what was told stays in the data folder."""
    if not stay:
        console.print(f"\nThe service for this demo stops now. `throughline serve` starts it again on {settings.data}.")
        return
    console.print(f"\n{address} stays until Ctrl-C.")
    with contextlib.suppress(KeyboardInterrupt):
        process.wait()


def _short(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
