"""How one view of a stream differs from another (P23): which facts came and went, what that changed, and which did it.

Works on every answer there is, without knowing any: one fact after the other is changed, and the answers are compared.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Raw, Struct

from domain.facts import Fact
from domain.fields import Instant
from projections.resources import RESOURCES
from projections.responsible import FACTS_READ_MAX, Chain, Change, Held, Question, Search, held_by, order_of, read
from projections.sentences import Teller, sentence
from projections.stream_state import stream_state
from projections.view import View

LOOKS_MIN = 2  # of one answer: on a stream of any length a group is a quarter of what changed
STATE = "state"
# It looks at the evidence anew for each of 200 promises: on a long stream it would take as long as all others together.
SLOW = frozenset({"calibration"})
SLOW_FACTS_MAX = 1_000


class EventEntered(Struct, frozen=True, kw_only=True):
    """A fact that counts in the second view only. `at` is when it counts from, `summary` tells it in plain words."""

    event_id: UUID
    type: str
    stream_version: int
    at: Instant
    summary: str


class EventLeft(EventEntered, frozen=True, kw_only=True):
    """A fact that counts in the first view only. `voided_by` took it out; null when it has not happened or is not known
    yet in the second view."""

    voided_by: UUID | None


class EventMoved(EventEntered, frozen=True, kw_only=True):
    """A fact that counts in both views, but not in the same way: `at_before` differs from `at`, `corrected` tells that
    its data differ (`corrected_by` what set it right, null when the correction is in the first view), `widened` that
    others may see it."""

    at_before: Instant
    corrected: bool
    corrected_by: UUID | None
    widened: bool


class AnswerChanged(Struct, frozen=True, kw_only=True):
    """One answer in both views; null where the stream had not begun.

    `by_time` is true when the moment alone changes it. `responsible` are the facts without whose change it would read
    otherwise, in the order in which they were changed; when `exact` is false, some of them changed nothing.
    """

    name: str
    before: Any
    after: Any
    by_time: bool
    responsible: list[UUID]
    exact: bool


class Difference(Struct, frozen=True, kw_only=True):
    """What is different in the second view. Events are in the order in which they happened.

    `unchanged` names the answers that read the same, `left_out` those that were not compared because the stream is too
    long for them: calibration, beyond 1,000 facts.
    """

    entered: list[EventEntered]
    left: list[EventLeft]
    moved: list[EventMoved]
    changed: list[AnswerChanged]
    unchanged: list[str]
    left_out: list[str]


class Rewritten(NamedTuple):
    """What took facts out and what set them right, as known in the second view: by the fact's id."""

    voided: Mapping[UUID, UUID]
    corrected: Mapping[UUID, Fact]


def difference(before: View, after: View, rewritten: Rewritten) -> Difference:
    """From the first view to the second, of one stream, as one caller sees it. A stream without facts has not begun.

    Facts that leave are changed first, the last of them first; then come those that move or enter, in order. All that
    is judged at the later of the two moments; what differs besides is the moment's doing.
    """
    changes = _changes(held_by(before), held_by(after))
    teller = Teller((after if after.stream.version else before).stream)
    chain = Chain(before, after, changes)
    asked = _questions(after)
    left_out = SLOW & asked.keys() if chain.size > SLOW_FACTS_MAX else frozenset()
    looks = max(LOOKS_MIN, FACTS_READ_MAX // (chain.size * len(asked)))
    found = [
        _answer(name, question, chain, LOOKS_MIN if name in SLOW else looks)
        for name, question in asked.items()
        if name not in left_out
    ]
    told: dict[str, list[Any]] = {"entered": [], "left": [], "moved": []}
    for change in sorted(changes, key=lambda one: order_of(one.after or one.before)):
        kind, event = _told(change, teller, rewritten)
        told[kind].append(event)
    return Difference(
        **told,
        changed=[one for one in found if isinstance(one, AnswerChanged)],
        unchanged=[one for one in found if isinstance(one, str)],
        left_out=sorted(left_out),
    )


def _changes(before: dict[UUID, Held], after: dict[UUID, Held]) -> list[Change]:
    left = [Change(event_id, held, None) for event_id, held in before.items() if event_id not in after]
    others = [
        Change(event_id, before.get(event_id), held) for event_id, held in after.items() if before.get(event_id) != held
    ]
    return left[::-1] + others


def _told(change: Change, teller: Teller, rewritten: Rewritten) -> tuple[str, EventEntered]:
    held = change.after or change.before
    assert held is not None
    told: dict[str, Any] = {
        "event_id": change.event_id,
        "type": held.fact.type,
        "stream_version": held.fact.stream_version,
        "at": held.at,
        "summary": sentence(teller, held.fact),
    }
    if change.before is None:
        return "entered", EventEntered(**told)
    if change.after is None:
        return "left", EventLeft(**told, voided_by=rewritten.voided.get(change.event_id))
    correction = rewritten.corrected.get(change.event_id)
    corrected = change.before.fact.data != change.after.fact.data
    return "moved", EventMoved(
        **told,
        at_before=change.before.at,
        corrected=corrected,
        corrected_by=correction.event_id if corrected and correction is not None else None,
        widened=change.before.fact.visibility is not change.after.fact.visibility,
    )


def _questions(view: View) -> dict[str, Question]:
    """Every answer that this kind of stream has."""
    asked: dict[str, Question] = {STATE: lambda one: stream_state(one.stream, one.at)}
    return asked | {one.name: one.of for one in RESOURCES.values() if view.stream.kind in one.kinds}


def _answer(name: str, question: Question, chain: Chain, looks: int) -> AnswerChanged | str:
    first, last = read(question, chain.before), read(question, chain.after)
    if first == last:
        return name
    search = Search(question, chain, looks)
    begin, end = search.begin(first), search.end(last)
    search.between(0, begin, len(chain.changes), end)
    return AnswerChanged(
        name=name,
        before=Raw(first),
        after=Raw(last),
        by_time=first != begin or end != last,
        responsible=[chain.changes[index].event_id for index in search.found],
        exact=search.exact,
    )
