"""The five things a prepared buyer knows, followed through the facts. What they are used for is not said here.

A topic is known from the facts that count: those with a status no lower than the one that stood. `unknown` takes back
everything that was said before it; a guess after a clear word changes nothing.
"""

from datetime import datetime
from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from domain.events.discovery import QualificationUpdated
from domain.facts import Fact
from domain.fields import Instant, Topic
from projections.figures import days
from projections.list_row import said

TopicStatus = Literal["unknown", "assumed", "stated", "confirmed"]

TOPICS: tuple[Topic, ...] = get_args(Topic)
STATUSES: tuple[TopicStatus, ...] = get_args(TopicStatus)  # from the lowest to the highest
SAID_CLEARLY = frozenset({"stated", "confirmed"})


class TopicKnown(Struct, frozen=True, kw_only=True):
    """One of the five things a prepared buyer knows.

    `status` is the highest since the topic was last said to be unknown. `value` and `source` are the last ones said by
    facts that count (null: not said, or erased), `evidence` is these facts. `since` is when the last of them happened,
    `age_days` how long ago that is; both null while unknown. `volunteered` tells whether it came without being asked
    for when it was stated or confirmed for the first time ever; null until then.
    """

    topic: Topic
    status: TopicStatus
    value: str | None
    source: str | None
    since: Instant | None
    age_days: float | None
    volunteered: bool | None
    evidence: list[UUID]


class Topics:
    """What is known of each topic by the facts taken so far, in the order in which they happened."""

    def __init__(self) -> None:
        self._found: dict[Topic, _Topic] = {topic: _Topic() for topic in TOPICS}

    def take(self, fact: Fact, told: QualificationUpdated, at: datetime) -> None:
        self._found[told.topic].take(fact, told, at)

    @property
    def known(self) -> int:
        """How many are stated or confirmed, 0..5."""
        return sum(topic.status in SAID_CLEARLY for topic in self._found.values())

    def at(self, at: datetime) -> list[TopicKnown]:
        """All five, as they stand at `at` (UTC), which is not before the last fact taken."""
        return [topic.known(name, at) for name, topic in self._found.items()]


class _Topic:
    """One topic while the facts are gone through."""

    def __init__(self) -> None:
        self.status: TopicStatus = "unknown"
        self.value: str | None = None
        self.source: str | None = None
        self.since: datetime | None = None
        self.volunteered: bool | None = None
        self.evidence: list[UUID] = []

    def take(self, fact: Fact, told: QualificationUpdated, at: datetime) -> None:
        if told.status in SAID_CLEARLY and self.volunteered is None:
            self.volunteered = not told.prompted
        if told.status == "unknown":
            self.status, self.value, self.source, self.since, self.evidence = "unknown", None, None, None, []
        elif STATUSES.index(told.status) >= STATUSES.index(self.status):
            self.status, self.since = told.status, at
            self.evidence.append(fact.event_id)
            if told.value is not None:
                self.value, self.source = told.value, told.source
            elif told.source is not None:
                self.source = told.source

    def known(self, topic: Topic, at: datetime) -> TopicKnown:
        return TopicKnown(
            topic=topic,
            status=self.status,
            value=said(self.value),
            source=said(self.source),
            since=self.since,
            age_days=None if self.since is None else days(at - self.since),
            volunteered=self.volunteered,
            evidence=self.evidence,
        )
