"""The shapes of answers, for the documentation. The bytes are made in routes; contract tests hold the two together."""

from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from domain.events import RecordedEvent
from domain.facts import ActorKind, Role
from projections.effects import Effects
from service.http.operations import Reply, Told
from service.http.permissions import Permission
from service.http.questions import Instant, Position
from service.ledger.questions import AgendaItem, PartyCard, Row

ETAG = Told("ETag", 'The version of the stream, such as "7"; what If-Match takes')
CONTENT_ETAG = Told("ETag", "Changes only with the version of the service")
LIST_ETAG = Told("ETag", "Given when `as_of` is: the answer then depends on the log alone")
POSITION = Told(
    "Throughline-Position",
    "How many facts the workspace's log had: the next position",
    {"type": "integer", "minimum": 0},
)
LOCATION = Told("Location", "The address of the new stream", {"type": "string", "format": "uri-reference"})
LINK = Told("Link", 'The following page: `<…>; rel="next"`; absent on the last one')
REPLAYED = Told("Idempotency-Replayed", "`true`: everything sent had been recorded before", {"const": "true"})

IF_MATCH = Told(
    "If-Match",
    'Record only if the stream is at this version, such as "7"; else 412 with the events that were missed',
    {"type": "string", "pattern": r'^(\*|"[0-9]{1,15}(-[0-9]{1,15})?")$', "maxLength": 40},
)
IF_NONE_MATCH = Told("If-None-Match", "ETags of copies the caller holds; 304 when one still holds", {"type": "string"})
IDEMPOTENCY_KEY = Told(
    "Idempotency-Key",
    "Names the event ids of facts that have none: the same facts under the same key are recognised as a repeat, and "
    "others under it are refused with 422",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]*$"},
)


class RecordedFacts(Struct):
    """What was recorded, in the order it was sent; or, on a dry run, what would be.

    `effects` is there when it was asked for: what the caller sees of the stream just after the last of the facts was
    recorded, against what they saw just before the first was.
    """

    events: list[RecordedEvent]
    stream_version: int
    position: int
    effects: Effects | UnsetType = UNSET


class EventsPage(Struct):
    """Facts of one stream. `known_at` is what was asked, or the log size with which the same answer comes for ever."""

    events: list[RecordedEvent]
    next: str | None
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


class OneEvent(Struct):
    """One fact of a stream."""

    event: RecordedEvent
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


class Me(Struct):
    """Who the key belongs to, and what it may do. `stream_id` binds a guest to one stream."""

    workspace_id: UUID
    credential_id: UUID
    name: str
    party_id: UUID
    kind: ActorKind
    role: Role
    may: list[Permission]
    stream_id: str | None
    expires_at: Instant | None


class RowsAnswer(Struct):
    """One page of a list. `known_at` was asked for, or is the size of the log that answered."""

    items: list[Row]
    next: str | None
    as_of: Instant | None
    known_at: Instant | Position | None


class AgendaAnswer(Struct):
    """One page of what is due, the overdue first, then by time."""

    items: list[AgendaItem]
    next: str | None
    as_of: Instant | None
    known_at: Instant | Position | None


class PartiesAnswer(Struct):
    """One page of people."""

    items: list[PartyCard]
    next: str | None
    as_of: Instant | None
    known_at: Instant | Position | None


class OneParty(Struct):
    """One person."""

    party: PartyCard
    as_of: Instant | None
    known_at: Instant | Position | None


class StreamReset(Struct):
    """Since `position` the caller sees another part of the stream: drop what is known of it and read it anew."""

    stream_id: str
    position: int
    reset: Literal[True]


class FeedPage(Struct):
    """Facts by position. `next` is the position to go on from, `has_more` whether there is more in the log already."""

    events: list[RecordedEvent]
    resets: list[StreamReset]
    next: int
    has_more: bool


class CloudEvent(Struct, omit_defaults=True):
    """One fact, or one reset, in the JSON format of CloudEvents 1.0. `sequence` is the position, in 16 digits."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: Instant
    datacontenttype: Literal["application/json"]
    sequence: str
    data: dict[str, Any]
    dataschema: str = ""


class TicketIssued(Struct):
    """A ticket; it lapses unless it is used by `use_by`, and serves for `serves_s` seconds from then on."""

    ticket: str
    use_by: Instant
    serves_s: int


def recording_replies(content: Any, *, opens: bool) -> tuple[Reply, ...]:
    """How a recording is answered."""
    told = (ETAG, POSITION, LOCATION) if opens else (ETAG, POSITION)
    return (
        Reply(201, "Recorded", content, headers=told),
        Reply(200, "All of it had been recorded before; or a dry run", content, headers=(*told, REPLAYED)),
    )


def read_replies(content: Any, *, pages: bool = False) -> tuple[Reply, ...]:
    """How a read of a stream is answered."""
    told = (ETAG, POSITION, LINK) if pages else (ETAG, POSITION)
    return (
        Reply(200, "The answer", content, headers=told),
        Reply(304, "The caller's copy still holds", headers=(ETAG,)),
    )


def list_replies(content: Any, *, pages: bool = True) -> tuple[Reply, ...]:
    """How a list is answered; only what `as_of` has freed from the moment can be compared by ETag."""
    if not pages:
        return (Reply(200, "The answer", content, headers=(POSITION,)),)
    copy = Reply(304, "With as_of: the caller's copy still holds", headers=(LIST_ETAG,))
    return (Reply(200, "The answer", content, headers=(POSITION, LINK, LIST_ETAG)), copy)
