"""What can be asked of many streams at once, and the shapes of the answers. Nothing is computed here."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.facts import StreamKind
from domain.fields import Instant
from projections.signals import SignalName
from projections.trust.score import Headline

Sort = Literal["opened", "last_event", "next_due", "trust"]
KnownAt = datetime | int | None


class After(Struct, frozen=True, array_like=True):
    """Where the page before ended: its last row's sort value (None sorts last) and id, in a log of `position` facts.

    `at` is the moment that trust was compared at on the first page, so that all pages compare at the same one.
    """

    value: datetime | float | None
    id: UUID
    position: int
    at: datetime | None = None


class RowsQuestion(Struct, frozen=True, kw_only=True):
    """Deals or goals that the caller may see. Absent filters do not filter; `limit` is 1..500.

    `signal` is the name of one, or `any`.
    """

    kind: StreamKind
    status: str | None = None
    outcome: str | None = None
    stage: str | None = None
    signal: str | None = None
    party: UUID | None = None
    customer: str | None = None
    updated_since: datetime | None = None
    text: str | None = None
    sort: Sort = "last_event"
    descending: bool = True
    limit: int = 100
    after: After | None = None
    as_of: datetime | None = None
    known_at: KnownAt = None


class Row(Struct, frozen=True, kw_only=True):
    """One deal or goal in a list (P0), from the facts that everybody who may see the stream may see.

    `next_due` is the earliest due time of an open promise, the overdue included; `overdue` counts those before the
    moment asked about. `forces_net` is null while no force was observed. Title, customer and product are null once
    erased. `trust` is the weakest dimension's, and `signals` names the warnings that are on, both at that moment; null
    and empty when a fact of the stream cannot be read.
    """

    id: str
    kind: StreamKind
    title: str | None
    customer: str | None
    product: str | None
    status: str
    outcome: str | None
    stage: str | None
    forces_net: int | None
    next_due: Instant | None
    overdue: int
    opened_at: Instant
    last_event_at: Instant
    stream_version: int
    trust: Headline | None
    signals: list[SignalName]


class RowsPage(Struct, frozen=True, kw_only=True):
    """Rows in the order asked for; `next` is where the following page starts, None on the last one."""

    rows: list[Row]
    next: After | None
    position: int


class AgendaQuestion(Struct, frozen=True, kw_only=True):
    """What is due for a party (None: for anybody) between two moments, after what was due before and is open."""

    party: UUID | None
    start: datetime
    end: datetime
    limit: int = 100
    after: After | None = None
    as_of: datetime | None = None
    known_at: KnownAt = None


class AgendaItem(Struct, frozen=True, kw_only=True):
    """One thing that is due: a promise, a milestone, a no to revisit, or a routine's period.

    `at` is when; `overdue` is true when that is before the moment asked about. `subject_id` is the id of the promise,
    milestone, no or routine. `party_id` is who is to act.
    """

    kind: Literal["commitment", "milestone", "no", "routine"]
    stream_id: str
    subject_id: UUID
    party_id: UUID | None
    text: str | None
    at: Instant
    overdue: bool
    local_date: date | None = None


class AgendaPage(Struct, frozen=True, kw_only=True):
    items: list[AgendaItem]
    next: After | None
    position: int


class PartiesQuestion(Struct, frozen=True, kw_only=True):
    """People on the streams that the caller may see, by id."""

    limit: int = 100
    after: UUID | None = None
    party: UUID | None = None
    as_of: datetime | None = None
    known_at: KnownAt = None


class PartyStream(Struct, frozen=True, kw_only=True):
    """One stream a person takes part in."""

    stream_id: str
    side: str
    roles: tuple[str, ...]
    joined_at: Instant
    left_at: Instant | None
    owes: int
    owed: int


class PartyCard(Struct, frozen=True, kw_only=True):
    """One person: latest visible name, streams with side and roles, open promises made (`owes`) and received (`owed`).

    In a list `streams` holds the latest joined, at most 20; `stream_count` counts all.
    """

    party_id: UUID
    name: str | None
    stream_count: int
    owes: int
    owed: int
    streams: list[PartyStream]


class PartiesPage(Struct, frozen=True, kw_only=True):
    parties: list[PartyCard]
    next: UUID | None
    position: int
