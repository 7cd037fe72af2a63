"""The field types that facts are declared with. What a field means is read from its annotation, never from its name.

Four marks can be put on a field: `words` (content sealed under the subject's key, gone when the subject is erased),
`party` (a participant of the stream), `creates` and `refers` (the id of a thing on the stream, by kind).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

# Bounds. A field of text is what a person types at once; names and titles are one line on a screen.
TEXT_CHARS_MAX = 4_000
TITLE_CHARS_MAX = 300
CODE_CHARS_MAX = 64
LIST_ITEMS_MAX = 100
EVIDENCE_ITEMS_MAX = 10
# Numbers stay where every JSON reader keeps them exactly: 15 significant digits fit a double.
MEASURE_ABS_MAX = 1e15
INTEGER_MAX = 2**53 - 1

# Newline and tab are text; every other control character, lone surrogates and noncharacters are not.
PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"


def _words(chars_max: int) -> Meta:
    return Meta(min_length=1, max_length=chars_max, pattern=PRINTABLE, extra={"words": True})


Text = Annotated[str, _words(TEXT_CHARS_MAX)]
Title = Annotated[str, _words(TITLE_CHARS_MAX)]
"""A name of a person or a thing in one line: content, erased with its subject."""

Code = Annotated[str, Meta(min_length=1, max_length=CODE_CHARS_MAX, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
"""A short machine-readable value chosen by the client, such as a reason code; kept when words are erased."""

Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$", description="ISO 4217 code")]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$", description="IANA time zone")]
Money = Annotated[
    str,
    Meta(
        pattern=r"^(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?$",
        max_length=23,
        description="A decimal string, such as '1200.50', in the currency named beside it",
    ),
]
Measure = Annotated[float, Meta(ge=-MEASURE_ABS_MAX, le=MEASURE_ABS_MAX)]
Share = Annotated[float, Meta(ge=0, le=1)]
Score10 = Annotated[float, Meta(ge=0, le=10)]
Intensity = Annotated[int, Meta(ge=1, le=5)]
IntensityOrGone = Annotated[int, Meta(ge=0, le=5, description="0 means resolved")]
Minutes = Annotated[int, Meta(ge=0, le=100_000)]

Instant = Annotated[datetime, Meta(tz=True)]
Day = date

Party = Annotated[UUID, Meta(extra={"party": True}, description="A participant of the stream")]


def creates(kind: str) -> Any:
    """The id of a new `kind` of thing; when the client leaves it out, it is derived from the event's id."""
    return Meta(extra={"creates": kind}, description=f"Id of the new {kind}; made by the service when absent")


def refers(kind: str) -> Any:
    """The id of a `kind` of thing that must already be on the stream."""
    return Meta(extra={"refers": kind}, description=f"Id of a {kind} on this stream")


def amount(money: str) -> Decimal:
    """The exact value of a `Money` string."""
    return Decimal(money)
