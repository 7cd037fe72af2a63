"""A stream's story as the API tells it: what may be asked of it, and a page of it, by itself or beside the state."""

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from domain.fields import Dimension, Side
from domain.history import known
from projections.timeline import Timeline
from projections.timeline.entries import TimelineEntry
from projections.timeline.header import TimelineHeader, header
from projections.view import View
from service.http.answers import Header
from service.http.calls import Call
from service.http.pinned import Pinned, not_continued
from service.http.proposals import FAMILIES
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, Position, Under
from service.ledger.histories import History

if TYPE_CHECKING:
    Family = str
else:
    Family = Literal[FAMILIES]


class TimelineAsked(Under, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which entries of a timeline, in which direction."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None
    direction: Literal["forward", "backward"] = "forward"
    family: Family | None = None
    side: Side | None = None
    dimension: Dimension | None = None


class TimelineStart(Struct):
    """The first hundred entries of a stream, beside its state; `next` leads to the rest of them.

    `header` and `changes_at` are those of the timeline's own page.
    """

    entries: list[TimelineEntry]
    next: str | None
    header: TimelineHeader
    changes_at: Instant | None


class TimelinePage(Struct):
    """Entries of one stream. All pages of one question know what the first one knew (`known_at`).

    `header` is about the stream as a whole, whatever the page shows. `changes_at` is when time alone adds the next
    entry, null when it never will.
    """

    entries: list[TimelineEntry]
    next: str | None
    header: TimelineHeader
    changes_at: Instant | None
    policy: str
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


def pinned(request: Call, history: History, asked: TimelineAsked) -> Pinned:
    """Where the page that is asked for begins, and what all pages know."""
    filters = (asked.direction, asked.family, asked.side, asked.dimension, asked.policy)
    return Pinned(request, history, asked, asked.cursor, *filters)


def page(
    history: History, view: View, asked: TimelineAsked, place: Pinned, below: str = ""
) -> tuple[TimelinePage, list[Header]]:
    """The page at `place`, and its Link header when another follows, at the path asked or `below` it."""
    if len(place.after) not in (0, 4):
        raise not_continued()
    timeline = Timeline(view, known(history.records, place.known_at), asked.as_of)
    after = tuple(place.after) or None
    found = timeline.entries(
        asked.limit + 1,
        after=after,  # type: ignore[arg-type]  # four parts, or none
        backward=asked.direction == "backward",
        family=asked.family,
        side=asked.side,
        dimension=asked.dimension,
    )
    following, links = None, []
    if len(found) > asked.limit:
        following, link = place.following(*found[asked.limit - 1][0], below=below)
        links.append(link)
    told = TimelinePage(
        entries=[entry for _, entry in found[: asked.limit]],
        next=following,
        header=header(view),
        changes_at=timeline.changes_at,
        policy=view.policy.key,
        stream_id=history.stream_id,
        stream_version=history.version,
        as_of=asked.as_of,
        known_at=place.known_at,
    )
    return told, links


def start(request: Call, history: History, view: View, asked: Under) -> TimelineStart:
    """The first entries at the moments of a question about the stream's state."""
    wanted = TimelineAsked(as_of=asked.as_of, known_at=asked.known_at, policy=asked.policy)
    told, _ = page(history, view, wanted, pinned(request, history, wanted), below="/timeline")
    return TimelineStart(entries=told.entries, next=told.next, header=told.header, changes_at=told.changes_at)
