"""The catalogue: every type of fact with what its declaration says, gathered from the families; it declares none."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Union

from msgspec import Struct

from domain.events import (
    after_close,
    commitments,
    conduct,
    deal,
    discovery,
    forces,
    goal,
    journey,
    noes,
    objections,
    offer,
    people,
    record,
    routines,
    self_checks,
    workspace,
)
from domain.events.declaring import Data
from domain.events.marks import Path, marks
from domain.events.variants import TAG, RecordedFact, event_variant, proposal_variant
from domain.facts import Proposal, StreamKind

FAMILIES: tuple[ModuleType, ...] = (
    deal,
    goal,
    people,
    discovery,
    forces,
    noes,
    objections,
    commitments,
    offer,
    conduct,
    journey,
    self_checks,
    routines,
    after_close,
    record,
    workspace,
)


class EventType(Struct, frozen=True, kw_only=True):
    """All that is known about one type of fact. Paths are tuples of member names; `*` stands for every item of a list.

    `doer` and `subject` name members of the data, `words` are the members that are content, `after` the types whose
    examples make room for this one's, `proposal` and `event` its variants on the wire, in and out.
    """

    name: str
    cls: type[Data]
    family: str
    summary: str
    on: frozenset[StreamKind]
    schema_version: int
    doer: str | None
    subject: str | None
    service_only: bool
    creates: tuple[tuple[Path, str], ...]
    refers: tuple[tuple[Path, tuple[str, ...]], ...]
    parties: tuple[Path, ...]
    words: tuple[Path, ...]
    after: tuple[str, ...]
    example: Mapping[str, Any]
    proposal: type[Proposal]
    event: type[RecordedFact]


def _declared_in(family: ModuleType) -> Iterator[EventType]:
    for cls in vars(family).values():
        if isinstance(cls, type) and issubclass(cls, Data) and cls.__module__ == family.__name__:
            yield _event_type(family.__name__.rpartition(".")[2], cls)


def _event_type(family: str, cls: type[Data]) -> EventType:
    declared = cls.declared
    return EventType(
        name=declared.name,
        cls=cls,
        family=family,
        summary=(cls.__doc__ or "").strip(),
        on=declared.on,
        schema_version=declared.schema_version,
        doer=declared.doer,
        subject=declared.subject,
        service_only=declared.service_only,
        creates=tuple(marks(cls, "creates")),
        refers=tuple(marks(cls, "refers")),
        parties=tuple(path for path, _ in marks(cls, "party")),
        words=tuple(path for path, _ in marks(cls, "words")),
        after=declared.after,
        example={TAG: declared.name, **declared.envelope, "data": declared.example},
        proposal=proposal_variant(declared.name, cls),
        event=event_variant(declared.name, cls),
    )


CATALOGUE: Mapping[str, EventType] = MappingProxyType(
    {event_type.name: event_type for family in FAMILIES for event_type in _declared_in(family)}
)
"""Every type by its stored name, in the order of the vocabulary."""

ClientProposal: Any = Union[tuple(t.proposal for t in CATALOGUE.values() if not t.service_only)]  # noqa: UP007  # `|` takes no list
"""Every proposal a client may send, told apart by its tag."""

RecordedEvent: Any = Union[tuple(t.event for t in CATALOGUE.values())]  # noqa: UP007  # `|` takes no list
"""Every recorded fact as it goes out, told apart by its tag."""
