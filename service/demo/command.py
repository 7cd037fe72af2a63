"""`throughline demo`: tells the two stories to a service and shows what came of it. No story is written in here."""

import contextlib
import os
import shlex
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import click
from rich.console import Console

from service.demo import showing
from service.demo.calling import Api
from service.demo.reaching import OWNER_KEY_FILE, reached
from service.demo.story import NAMES, Telling, default_telling, story
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
@click.option("--stay", is_flag=True, help="Keep the service that was started for this until Ctrl-C.")
def demo(url: str | None, key: str | None, *, again: bool, stay: bool) -> None:
    settings = read_settings(os.environ)
    console = showing.console()
    with reached(settings, url, key) as service:
        console.print(f"Telling two stories to {service.api.url}")
        streams = _tell_both(console, service.api, again=again)
        shown = "$KEY" if key else f"$(cat {shlex.quote(str(_short(settings.data / OWNER_KEY_FILE)))})"
        address = service.api.url if stay or service.process is None else f"http://{settings.host}:{settings.port}"
        console.print(showing.where(address, shown, streams), soft_wrap=True)
        if service.process is not None:
            _end(console, service.process, address, settings, stay=stay)


def _tell_both(console: Console, api: Api, *, again: bool) -> list[tuple[str, str]]:
    _, answer = api.get("/v1/me")
    me = UUID(answer["party_id"])
    telling_id = uuid4() if again else default_telling(me)
    streams: list[tuple[str, str]] = []
    for name in NAMES:
        telling = Telling(story(name), telling_id, me)
        console.print(showing.heading(telling.story))
        day = None
        for told in tell(api, telling):
            console.print(showing.line(told, same_day=told.line.day == day))
            day = told.line.day
        console.print(showing.now(telling.story, standing(api, telling)))
        streams.append((telling.story.kind, str(telling.stream_id)))
    return streams


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
