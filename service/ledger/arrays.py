"""Values and arrays in PostgreSQL's binary form, built in one pass: a group's columns are long, and item by item costs.

The numbers of the items' types are part of PostgreSQL's protocol, the same in every release.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from struct import Struct as Layout
from struct import pack
from uuid import UUID

BYTEA, BIGINT, INTEGER, TEXT, TIMESTAMPTZ, UUID_OID = 17, 20, 23, 25, 1184, 2950

_HEADER = Layout(">iiIii")  # dimensions, whether there are nulls, item type, length, lower bound
_SIZE = Layout(">i")
_BIGINT = Layout(">q")
TRUE = b"\1"
"""A boolean that holds."""
_NULL = _SIZE.pack(-1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # timestamptz counts microseconds from here
_MICROSECOND = timedelta(microseconds=1)


def bytea_array(items: Iterable[bytes | None]) -> bytes:
    """bytea[]; None is NULL."""
    return _array(BYTEA, list(items))


def text_array(items: Iterable[str]) -> bytes:
    """text[]"""
    return _array(TEXT, [item.encode() for item in items])


def uuid_array(items: Iterable[UUID | None]) -> bytes:
    """uuid[]; None is NULL."""
    return _array(UUID_OID, [None if item is None else item.bytes for item in items])


def bigint_array(items: Sequence[int]) -> bytes:
    """bigint[]"""
    return _numbers(BIGINT, items, 8, "q")


def integer_array(items: Sequence[int]) -> bytes:
    """integer[]"""
    return _numbers(INTEGER, items, 4, "i")


def instant_array(items: Iterable[datetime]) -> bytes:
    """timestamptz[]"""
    return _numbers(TIMESTAMPTZ, [_microseconds(item) for item in items], 8, "q")


def instant(moment: datetime) -> bytes:
    """timestamptz"""
    return _BIGINT.pack(_microseconds(moment))


def bigint(number: int) -> bytes:
    """bigint"""
    return _BIGINT.pack(number)


def read_instant(content: bytes) -> datetime:
    """The moment (UTC) of a timestamptz."""
    return _EPOCH + timedelta(microseconds=read_bigint(content))


def read_bigint(content: bytes) -> int:
    """The number of a bigint."""
    number: int = _BIGINT.unpack(content)[0]
    return number


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _array(oid: int, items: Sequence[bytes | None]) -> bytes:
    if not items:
        return pack(">iiI", 0, 0, oid)
    parts = [_HEADER.pack(1, None in items, oid, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(_NULL)
        else:
            parts += (_SIZE.pack(len(item)), item)
    return b"".join(parts)


def _numbers(oid: int, items: Sequence[int], size: int, code: str) -> bytes:
    """From whole numbers of `size` bytes, whose code the module `struct` knows."""
    if not items:
        return pack(">iiI", 0, 0, oid)
    sized = [part for item in items for part in (size, item)]
    return _HEADER.pack(1, 0, oid, len(items), 1) + pack(">" + f"i{code}" * len(items), *sized)
