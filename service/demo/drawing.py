"""Fetches the pictures that a service draws of the stories, and lays them into a folder with a page that shows them."""

from html import escape
from pathlib import Path

from service.demo.calling import Api
from service.demo.story import Story
from service.faults import StartRefusal

PICTURES = {"deal": ("trust/history", "forces"), "goal": ("trust/history", "proof-loop", "forces")}
PAGE = "index.html"

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font-family:system-ui;margin:2rem auto;max-width:60rem;padding:0 1rem}img{max-width:100%}"
)


def save(api: Api, folder: Path, streams: list[tuple[Story, str]]) -> list[Path]:
    """Save each picture of each stream, and the page. Raises `StartRefusal` when the folder cannot be written."""
    saved: list[Path] = []
    shown: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for story, stream in streams:
            shown.append(f"<h2>{escape(story.title)}</h2>")
            for name in PICTURES[story.kind]:
                file = folder / f"{story.kind}-{name.replace('/', '-')}.svg"
                file.write_bytes(api.picture(f"{stream}/{name}.svg"))
                saved.append(file)
                shown.append(f'<p><img src="{file.name}" alt="{escape(name)} of the {story.kind}">')
        page = f"<!doctype html><meta charset=utf-8><title>Two stories</title><style>{_STYLE}</style>{''.join(shown)}\n"
        (folder / PAGE).write_text(page)
    except OSError as fault:
        raise StartRefusal(f"The pictures cannot be saved in {folder}: {fault.strerror}.") from fault
    return saved
