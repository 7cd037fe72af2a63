"""What a projection is asked about: one stream as one caller sees it, at one moment, under one policy."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from domain.state import Entry, Stream
from projections.trust.policy import DEFAULT, Policy


class View(Struct, frozen=True):
    """`stream` is the fold of the facts that hold and that the caller may see, in the order in which they happened.

    `at` (UTC) is the moment asked about: overdue, silence and decay are judged there, and nothing that happened later
    is in `stream`. Two equal views give equal answers.
    """

    stream: Stream
    at: datetime
    policy: Policy = DEFAULT

    @property
    def entries(self) -> Iterator[Entry]:
        """Every fact with its effective time (UTC), in the order in which they happened."""
        return self.stream.entries()
