"""Facts that somebody answers for themselves: is it worth it, would I buy it, how sure am I. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import MOTIVE, NOTE_EVENT
from domain.fields import Dimension, Score10, Text, Title, refers


@declares(
    "value_check.answered",
    on=BOTH,
    example={
        "question": "worth_it",
        "answer": "yes",
        "score": 8,
        "because": "An hour a day for a table I can talk at",
    },
)
class ValueCheckAnswered(Data, frozen=True, kw_only=True):
    """Is it worth it, is it who I want to be, will I follow through."""

    question: Literal["worth_it", "aligned", "follow_through"]
    answer: Literal["yes", "no", "unsure"]
    score: Score10 | None = None
    because: Text | None = None


@declares(
    "buy_check.answered",
    on=BOTH,
    example={"offer": "The yearly plan", "answer": "not_yet", "missing": "A way to leave after three months"},
)
class BuyCheckAnswered(Data, frozen=True, kw_only=True):
    """Would I buy it myself."""

    offer: Title
    answer: Literal["yes", "no", "not_yet"]
    missing: Text | None = None


@declares("confidence.stated", on=BOTH, example={"about": "Finishing the first month", "value": 6})
class ConfidenceStated(Data, frozen=True, kw_only=True):
    """How sure somebody is of something, 0 to 10."""

    about: Title
    value: Score10


@declares("trust.rated", on=BOTH, example={"dimension": "seller", "rating": 7.5})
class TrustRated(Data, frozen=True, kw_only=True):
    """How much somebody says they trust, 0 to 10; it is only compared with the evidence."""

    dimension: Dimension
    rating: Score10


@declares(
    "attribution.recorded",
    on=BOTH,
    after=("note.recorded",),
    example={"target_event_id": NOTE_EVENT, "locus": "internal", "because": "I prepared the call the night before"},
)
class AttributionRecorded(Data, frozen=True, kw_only=True):
    """To what somebody puts down that something happened."""

    target_event_id: Annotated[UUID, refers("event")]
    locus: Literal["internal", "external", "mixed"]
    because: Text | None = None


@declares(
    "value.reaffirmed",
    on=BOTH,
    after=("motive.recorded",),
    example={"target": MOTIVE, "how": "Read the letter to myself again"},
)
class ValueReaffirmed(Data, frozen=True, kw_only=True):
    """Somebody reminded themselves why it matters."""

    target: Annotated[UUID, refers("motive", "outcome")]
    how: Text
