"""The exact bytes that are stored, sealed and hashed: RFC 8785 (JSON Canonicalization Scheme)."""

from hashlib import sha256
from typing import Any

import msgspec
import rfc8785

_sorted = msgspec.json.Encoder(order="sorted").encode


# Between these msgspec writes a float that is not whole as JavaScript does; beyond, their exponents differ.
PLAIN_MIN, PLAIN_BELOW = 1e-5, 1e15


def holds_odd_float(value: Any) -> bool:
    """Whether a float that msgspec writes its own way is anywhere in a plain value."""
    if type(value) is float:
        return value.is_integer() or not PLAIN_MIN <= abs(value) < PLAIN_BELOW
    if type(value) is dict:
        return any(map(holds_odd_float, value.values()))
    if type(value) is list:
        return any(map(holds_odd_float, value))
    return False


def canonical(value: dict[str, Any], *, floats: bool) -> bytes:
    """`value` (dicts, lists, strings, integers, floats, and what JSON writes as strings) in canonical form.

    msgspec's sorted output already is RFC 8785 except for the writing of some floats, which JavaScript's rules govern:
    a value that may hold `floats` takes the library's slower way if it has one of those.
    """
    if floats and holds_odd_float(value):
        return rfc8785.dumps(msgspec.to_builtins(value))
    return _sorted(value)


def digest(content: bytes) -> bytes:
    """SHA-256 of `content`, 32 bytes."""
    return sha256(content).digest()
