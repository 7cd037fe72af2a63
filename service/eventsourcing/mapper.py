"""Between stored events and Python objects: stored names are data, never the paths of Python classes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, MapperDeserialisationError, ProgrammingError, StoredEvent

# The library keeps the names that classes were given as TOPIC here. Its public `resolve_topic` imports a name it does
# not know, and what is stored must never decide what is imported.
from eventsourcing.utils import _topic_cache, get_topic

from domain.events import CATALOGUE
from domain.facts import Fact, Recorded
from service.eventsourcing.content import ERASED_STATE
from service.ledger.wire import event_json


@dataclass(frozen=True)
class RecordedFact:
    """A fact of a deal, a goal or the workspace, as a domain event."""

    originator_id: UUID
    originator_version: int
    recorded: Recorded

    @property
    def fact(self) -> Fact:
        return self.recorded.fact

    @property
    def type(self) -> str:
        return self.recorded.fact.type

    @property
    def data(self) -> Any:
        """The struct of the fact's type, such as `DealOpened`; None once its content was destroyed."""
        return self.recorded.fact.data

    @property
    def position(self) -> int:
        return self.recorded.position

    @property
    def recorded_at(self) -> datetime:
        return self.recorded.recorded_at


@dataclass(frozen=True)
class OpaqueFact:
    """An event whose stored name no class here has, or whose content was destroyed: then `state` is None."""

    originator_id: UUID
    originator_version: int
    topic: str
    state: bytes | None


class LedgerMapper(Mapper[UUID]):
    """Facts of the vocabulary become `RecordedFact`, events whose class has a TOPIC themselves, others `OpaqueFact`.

    So whoever follows a whole workspace is never stopped by somebody else's event.
    """

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        if isinstance(domain_event, RecordedFact):
            state = event_json(domain_event.recorded)
            return StoredEvent(domain_event.originator_id, domain_event.originator_version, domain_event.type, state)
        for topic in (get_topic(type(domain_event)), getattr(domain_event, "originator_topic", "")):
            if ":" in topic:
                raise ProgrammingError(
                    f"{topic.partition(':')[2]} has no stored name: give the aggregate's class and each of its events "
                    'a TOPIC such as "shelf.opened". A stored name outlives the class\'s place in Python.'
                )
        return super().to_stored_event(domain_event)

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[UUID]:
        topic, state = stored_event.topic, stored_event.state
        originator_id = UUID(str(stored_event.originator_id))
        if topic in CATALOGUE:
            return RecordedFact(originator_id, stored_event.originator_version, _recorded(topic, state))
        if state == ERASED_STATE or ":" in topic or not isinstance(_topic_cache.get(topic), type):
            return OpaqueFact(originator_id, stored_event.originator_version, topic, state or None)
        return super().to_domain_event(stored_event)


def _recorded(topic: str, state: bytes) -> Recorded:
    """The fact in its wire form."""
    try:
        said = msgspec.json.decode(state)
        position, recorded_at = said.pop("position"), said.pop("recorded_at")
        erased = said.pop("erased", False)
        if said["data"] is not None:
            said["data"] = msgspec.convert(said["data"], CATALOGUE[topic].cls)
        fact = msgspec.convert(said, Fact)
        return Recorded(fact, position, msgspec.convert(recorded_at, datetime), erased)
    except (msgspec.MsgspecError, KeyError) as fault:
        raise MapperDeserialisationError(f"This is not the wire form of {topic}: {fault}") from fault
