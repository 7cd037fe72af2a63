"""A story from a running service: its timeline, its audit and its replay, all at one size of the log. No printing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec

from projections.audit_entries import AuditEntry
from projections.timeline.entries import TimelineEntry
from service.demo.calling import Api
from service.faults import StartRefusal
from service.replaying.story import Held, Story, woven

ENTRIES_PER_PAGE = 500
# A step holds a whole state: the service gives no more at once.
STEPS_PER_PAGE = 200
KINDS = ("deal", "goal")


def story(api: Api, stream: str, as_of: str | None, known_at: str | None) -> Story:
    """The stream with this id, or with this name (`deal/…`). Raises `StartRefusal` when it cannot be had."""
    cut = {name: value for name, value in (("as_of", as_of), ("known_at", known_at)) if value is not None}
    path, first = _found(api, stream, cut)
    pinned = cut | {"known_at": str(first["known_at"])}
    timeline = _all(api, f"{path}/timeline", "entries", pinned | {"limit": str(ENTRIES_PER_PAGE)})
    audit = _all(api, f"{path}/audit", "entries", pinned | {"limit": str(ENTRIES_PER_PAGE)})
    held = _all(api, f"{path}/replay", "steps", pinned | {"limit": str(STEPS_PER_PAGE)})
    steps, since = woven(
        msgspec.convert(list(timeline), list[TimelineEntry]),
        msgspec.convert(list(audit), list[AuditEntry]),
        msgspec.convert(list(held), list[Held]),
    )
    return Story(
        stream_id=first["stream_id"], source=f"{api.url}, log of {first['known_at']}", steps=steps, since=since
    )


def _found(api: Api, stream: str, cut: dict[str, str]) -> tuple[str, Any]:
    """The path of the stream, and the first page of its timeline, which pins what is known."""
    kind, _, uuid = stream.rpartition("/")
    if kind and kind not in KINDS:
        raise StartRefusal(f"{stream} is no deal and no goal: give an id, or deal/… or goal/….")
    try:
        named = str(UUID(uuid))
    except ValueError:
        raise StartRefusal(f"{uuid} is no id; one looks like 0193a000-0000-7000-8000-00000000d0a1.") from None
    for one in [kind] if kind else KINDS:
        status, answer = api.get(f"/v1/{one}s/{named}/timeline", limit=1, **cut)
        if status == 200:
            return f"/v1/{one}s/{named}", answer
        if status != 404:
            raise _refused(status, answer)
    times = " at that time" if cut else ""
    raise StartRefusal(f"{api.url} has no {kind or 'deal or goal'} {named}{times} that this key may see.")


def _all(api: Api, path: str, member: str, question: dict[str, str]) -> Iterator[Any]:
    """The items of all pages."""
    status, page = api.get(path, **question)
    while True:
        if status != 200:
            raise _refused(status, page)
        yield from page[member]
        if page["next"] is None:
            return
        status, page = api.get(page["next"])


def _refused(status: int, answer: Any) -> StartRefusal:
    detail = answer.get("detail") if isinstance(answer, dict) else answer
    return StartRefusal(f"The service answered {status}: {detail}")
