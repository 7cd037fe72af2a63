"""The field types that facts are declared with. What a field means is read from its annotation, never from its name.

Marks that can be put on a field: `words` (content sealed under the subject's key, gone when the subject is erased),
`party` (a participant of the stream), `creates` and `refers` (the id of a thing on the stream, by kind).
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

# Bounds. A field of text is what a person types at once; names and titles are one line on a screen.
TEXT_CHARS_MAX = 4_000
TITLE_CHARS_MAX = 300
CODE_CHARS_MAX = 64
LIST_ITEMS_MAX = 100
EVIDENCE_ITEMS_MAX = 10
# The longest IANA name in use has 32 characters.
ZONE_CHARS_MAX = 64
# Numbers stay where every JSON reader keeps them exactly: 15 significant digits fit a double.
MEASURE_ABS_MAX = 1e15
INTEGER_MAX = 2**53 - 1
MINUTES_MAX = 100_000
HOURS_A_WEEK = 168

# Newline and tab are text, every other control character is not. Lone surrogates never get here: they are not UTF-8.
PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
# Python's `$` also matches before a last newline; the look-ahead makes both dialects of regex agree on the end.
END = r"$(?!\n)"


def _words(chars_max: int) -> Meta:
    return Meta(min_length=1, max_length=chars_max, pattern=PRINTABLE, extra={"words": True})


Text = Annotated[str, _words(TEXT_CHARS_MAX)]
Title = Annotated[str, _words(TITLE_CHARS_MAX)]
"""A name of a person or a thing in one line: content, erased with its subject."""

Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARS_MAX, pattern=rf"^[a-z0-9][a-z0-9_.-]*{END}")]
"""A short machine-readable value chosen by the client, such as a reason code; kept when words are erased."""

Currency = Annotated[str, Meta(pattern=rf"^[A-Z]{{3}}{END}", description="ISO 4217 code")]
ZoneName = Annotated[
    str,
    Meta(min_length=1, max_length=ZONE_CHARS_MAX, pattern=rf"^[A-Za-z0-9_+/-]+{END}", description="IANA time zone"),
]
Money = Annotated[
    str,
    Meta(
        pattern=rf"^(0|[1-9][0-9]{{0,17}})(\.[0-9]{{1,4}})?{END}",
        max_length=23,
        description="A decimal string, such as '1200.50', in the currency named beside it",
    ),
]
Measure = Annotated[float, Meta(ge=-MEASURE_ABS_MAX, le=MEASURE_ABS_MAX)]
Share = Annotated[float, Meta(ge=0, le=1)]
Score10 = Annotated[float, Meta(ge=0, le=10)]
Intensity = Annotated[int, Meta(ge=1, le=5)]
IntensityOrGone = Annotated[int, Meta(ge=0, le=5, description="0 means resolved")]
Minutes = Annotated[int, Meta(ge=0, le=MINUTES_MAX)]
HoursPerWeek = Annotated[float, Meta(ge=0, le=HOURS_A_WEEK)]

Instant = Annotated[datetime, Meta(tz=True)]
Day = date

Party = Annotated[UUID, Meta(extra={"party": True}, description="A participant of the stream")]
Person = Annotated[UUID, Meta(description="A party of the workspace, who need not take part in this stream")]

Side = Literal["seller", "buyer", "self", "coach"]
Dimension = Literal["seller", "product", "process", "self"]
Size = Literal["small", "normal", "large"]
Trigger = Literal[
    "own_struggle", "mandated", "word_of_mouth", "job_at_risk", "impulse", "renewal", "referral", "other"
]  # fmt: skip
Horizon = Literal["identity", "long", "medium", "short", "next"]
Topic = Literal["spend", "problem", "cost_of_inaction", "effort_people", "timeline"]


def creates(kind: str) -> Any:
    """The id of a new `kind` of thing; when the client leaves it out, it is derived from the event's id."""
    return Meta(extra={"creates": kind}, description=f"Id of the new {kind}; made by the service when absent")


def refers(*kinds: str) -> Any:
    """The id of a thing of one of `kinds` that must already be on the stream."""
    return Meta(extra={"refers": kinds}, description=f"Id of {' or '.join(map(_with_article, kinds))} on this stream")


def _with_article(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"


class Named(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Somebody known by name only, who is not a party of the workspace."""

    name: Title


class LocalDue(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Due by the end of a calendar day in a time zone."""

    local_date: Day
    time_zone: ZoneName


Due = Instant | LocalDue


def due_instant(due: datetime | LocalDue) -> datetime:
    """The first instant, in UTC, at which something due `due` is late; a local due ends with its day in its zone."""
    if isinstance(due, datetime):
        return due
    return day_end(due.local_date, due.time_zone)


def day_end(day: date, zone: str) -> datetime:
    """The instant, in UTC, at which the calendar day `day` is over in `zone`."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return datetime.combine(day + timedelta(days=1), time(0), ZoneInfo(zone)).astimezone(UTC)


def amount(money: str) -> Decimal:
    """The exact value of a `Money` string."""
    return Decimal(money)
