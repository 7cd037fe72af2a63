"""PostgreSQL's arrays in its binary form, built in one pass. A group's columns are long: item by item is what costs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout
from struct import pack
from typing import ClassVar, Self
from uuid import UUID

from psycopg.abc import AdaptContext, Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = Layout(">iiIii")  # dimensions, whether there are nulls, item type, length, lower bound
_SIZE = Layout(">i")
_NULL = _SIZE.pack(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # timestamptz counts microseconds from here
_MICROSECOND = timedelta(microseconds=1)


class Array:
    """One parameter: a one-dimensional array, ready to send.

    The numbers of its item's type and its own are part of PostgreSQL's protocol, the same in every release.
    """

    __slots__ = ("content",)
    item_oid: ClassVar[int]
    array_oid: ClassVar[int]

    def __init__(self, content: bytes) -> None:
        self.content = content

    @classmethod
    def empty(cls) -> Self:
        return cls(pack(">iiI", 0, 0, cls.item_oid))

    @classmethod
    def of(cls, items: Sequence[bytes | None]) -> Self:
        """From items that are binary already; None is NULL."""
        if not items:
            return cls.empty()
        parts = [_HEADER.pack(1, None in items, cls.item_oid, len(items), 1)]
        for item in items:
            if item is None:
                parts.append(_NULL)
            else:
                parts += (_SIZE.pack(len(item)), item)
        return cls(b"".join(parts))

    @classmethod
    def of_numbers(cls, items: Sequence[int], size: int, code: str) -> Self:
        """From whole numbers of `size` bytes, whose code the module `struct` knows."""
        if not items:
            return cls.empty()
        sized = [part for item in items for part in (size, item)]
        return cls(_HEADER.pack(1, 0, cls.item_oid, len(items), 1) + pack(">" + f"i{code}" * len(items), *sized))


class ByteaArray(Array):
    item_oid, array_oid = 17, 1001


class BigintArray(Array):
    item_oid, array_oid = 20, 1016


class IntegerArray(Array):
    item_oid, array_oid = 23, 1007


class TextArray(Array):
    item_oid, array_oid = 25, 1009


class InstantArray(Array):
    item_oid, array_oid = 1184, 1185


class UuidArray(Array):
    item_oid, array_oid = 2950, 2951


class ArrayDumper(Dumper):
    """Sends an `Array` as it is."""

    format = Format.BINARY

    def __init__(self, cls: type[Array], context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        self.oid = cls.array_oid

    def dump(self, obj: Array) -> Buffer | None:
        return obj.content


def bytea_array(items: Iterable[bytes | None]) -> Array:
    """bytea[]; None is NULL."""
    return ByteaArray.of(list(items))


def text_array(items: Iterable[str]) -> Array:
    """text[]"""
    return TextArray.of([item.encode() for item in items])


def uuid_array(items: Iterable[UUID | None]) -> Array:
    """uuid[]; None is NULL."""
    return UuidArray.of([None if item is None else item.bytes for item in items])


def bigint_array(items: Sequence[int]) -> Array:
    """bigint[]"""
    return BigintArray.of_numbers(items, 8, "q")


def integer_array(items: Sequence[int]) -> Array:
    """integer[]"""
    return IntegerArray.of_numbers(items, 4, "i")


def instant_array(items: Iterable[datetime]) -> Array:
    """timestamptz[]"""
    return InstantArray.of_numbers([(item - _EPOCH) // _MICROSECOND for item in items], 8, "q")
