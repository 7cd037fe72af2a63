"""What a projection is asked about: one stream as one caller sees it, at one moment, under one policy."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property

from msgspec import Struct

from domain.state import Entry, Stream
from projections.trust.evidence import Evidence, gather
from projections.trust.policy import DEFAULT, Policy


class View(Struct, frozen=True, dict=True):
    """`stream` is the fold of the facts that hold and that the caller may see, in the order in which they happened.

    `at` (UTC) is the moment asked about: overdue, silence and decay are judged there, and nothing that happened later
    is in `stream`. Two equal views give equal answers. `gathered` gives the evidence of just this view where somebody
    keeps it; without it, it is gathered when it is first asked for.
    """

    stream: Stream
    at: datetime
    policy: Policy = DEFAULT
    gathered: Callable[[], Evidence] | None = None

    @property
    def entries(self) -> Iterator[Entry]:
        """Every fact with its effective time (UTC), in the order in which they happened."""
        return self.stream.entries()

    @cached_property
    def evidence(self) -> Evidence:
        """What speaks for and against, under the policy: one pass over the facts, for all answers to this view."""
        return gather(self.stream, self.policy, self.at) if self.gathered is None else self.gathered()
