"""How a type of fact is declared: its struct, and what the catalogue must know beside it. No type is declared here."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from msgspec import Struct

from domain.facts import StreamKind

DEAL: frozenset[StreamKind] = frozenset({"deal"})
GOAL: frozenset[StreamKind] = frozenset({"goal"})
BOTH: frozenset[StreamKind] = frozenset({"deal", "goal"})
WORKSPACE: frozenset[StreamKind] = frozenset({"workspace"})


class Declared(Struct, frozen=True, kw_only=True):
    """What is declared about a type beside its fields.

    `doer` names the field with whose act it was, `subject` the field with whom the words are about, `after` the types
    whose examples must come before this type's `example` for it to be accepted.
    """

    name: str
    on: frozenset[StreamKind]
    doer: str | None
    subject: str | None
    schema_version: int
    service_only: bool
    after: tuple[str, ...]
    example: Mapping[str, Any]
    envelope: Mapping[str, Any]


class Data(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The fields of one type of fact. They hold no cycles, so the garbage collector need not look at them."""

    declared: ClassVar[Declared]


DataType = TypeVar("DataType", bound=type[Data])


def declares(
    name: str,
    *,
    on: frozenset[StreamKind],
    example: Mapping[str, Any],
    doer: str | None = None,
    subject: str | None = None,
    schema_version: int = 1,
    service_only: bool = False,
    after: tuple[str, ...] = (),
    envelope: Mapping[str, Any] | None = None,
) -> Callable[[DataType], DataType]:
    """Give a struct its stored name. The name is a storage format: it never changes, whatever the class is called."""

    def declare(cls: DataType) -> DataType:
        cls.declared = Declared(
            name=name,
            on=on,
            doer=doer,
            subject=subject,
            schema_version=schema_version,
            service_only=service_only,
            after=after,
            example=example,
            envelope=envelope or {},
        )
        return cls

    return declare
