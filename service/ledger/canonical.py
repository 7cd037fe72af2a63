"""The exact bytes that are stored, sealed and hashed: RFC 8785 (JSON Canonicalization Scheme)."""

from hashlib import sha256
from typing import Any

import msgspec
import rfc8785

_sorted = msgspec.json.Encoder(order="sorted").encode


def holds_float(value: Any) -> bool:
    """Whether a float is anywhere in dicts, lists and scalars; structs must have been made plain before."""
    if type(value) is dict:
        return any(map(holds_float, value.values()))
    if type(value) is list:
        return any(map(holds_float, value))
    return type(value) is float


def canonical(value: dict[str, Any], *, floats: bool) -> bytes:
    """`value` (dicts, lists, strings, integers, floats, and what JSON writes as strings) in canonical form.

    msgspec's sorted output already is RFC 8785 except for the writing of floats, which JavaScript's rules govern: a
    value that may hold `floats` takes the library's slower way if it does.
    """
    if floats and holds_float(value):
        return rfc8785.dumps(msgspec.to_builtins(value))
    return _sorted(value)


def digest(content: bytes) -> bytes:
    """SHA-256 of `content`, 32 bytes."""
    return sha256(content).digest()
