"""Paging through a stream that goes on: every page after the first tells of the log as it was for the first."""

from collections.abc import Sequence

from domain.facts import Recorded
from domain.history import KnownAt
from service.http.answers import Header
from service.http.calls import Call
from service.http.cursors import binding, cursor, link_next, next_page, place_of
from service.http.histories import told_known_at
from service.http.problems import Problem
from service.http.questions import Times
from service.ledger.histories import History


class Pinned:
    """The moment of knowledge that all pages of one question share, and where the page before ended.

    `known_at` is what was asked, else the size of the log just after the stream's last visible fact when the first page
    was made. `after` is the place at which the page before ended; it is empty on the first page.
    """

    def __init__(self, request: Call, history: History, asked: Times, text: str | None, *filters: object) -> None:
        self.known_at: KnownAt = told_known_at(history, asked)
        self.after: list[int] = []
        self._scope = request.scope
        self._bound_to = binding(history.stream_id, *request.asker, [asked.as_of, asked.known_at, *filters])
        self._pin = history.records[-1].position + 1 if history.records else 0
        if text is not None:
            place = place_of(text, self._bound_to, list[int])
            if len(place) < 2:
                raise not_continued()
            self._pin, *self.after = place
            self.known_at = asked.known_at if asked.known_at is not None else self._pin

    def following(self, *place: int, below: str = "") -> tuple[str, Header]:
        """The address of the page that begins after `place`, at this path or `below` it, and its Link header."""
        address = next_page(self._scope, cursor(self._bound_to, [self._pin, *place]), below)
        return address, link_next(address)


def index_after(records: Sequence[Recorded], version: int) -> int:
    """Where to go on after the fact of a version; 400 when that fact is not shown (any more)."""
    for index, record in enumerate(records):
        if record.fact.stream_version == version:
            return index + 1
    raise not_continued()


def not_continued() -> Problem:
    """The 400 of a cursor that leads nowhere."""
    return Problem(
        "cursor-not-valid", "The cursor does not continue this question.", accepted="`next` of the page before"
    )
