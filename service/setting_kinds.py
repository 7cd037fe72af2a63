"""The kinds of values a setting may have: each reads its text or raises ValueError. Knows no setting by name."""

import base64
import binascii
from collections.abc import Callable
from pathlib import Path

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

MASTER_KEY_BYTES = 32
"""AES-256."""


def whole(least: int, most: int) -> tuple[Callable[[str], int], str]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:20]) <= most):
            raise ValueError(text)
        return int(text)

    return read, f"a whole number from {least} to {most}"


def seconds(least: float, most: float) -> tuple[Callable[[str], float], str]:
    def read(text: str) -> float:
        value = float(text)
        if not least <= value <= most:
            raise ValueError(text)
        return value

    return read, f"seconds from {least:g} to {most:g}"


def choice(*names: str) -> tuple[Callable[[str], str], str]:
    def read(text: str) -> str:
        if text.lower() not in names:
            raise ValueError(text)
        return text.lower()

    return read, "one of " + ", ".join(names)


def folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def database_address(text: str) -> str:
    try:
        conninfo_to_dict(text)
    except ProgrammingError as fault:
        raise ValueError(text) from fault
    return text


SECRET_CHARS = range(16, 201)


def secret(text: str) -> str:
    """A shared secret that fits into a header."""
    if len(text) not in SECRET_CHARS or not all("!" <= one <= "~" for one in text):
        raise ValueError(text)
    return text


def key_of_base64(text: str) -> bytes:
    """The 32 bytes of a base64 text; raises ValueError for anything else."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error as fault:
        raise ValueError(text) from fault
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError(text)
    return key


def origins(text: str) -> tuple[str, ...]:
    found = tuple(origin.strip() for origin in text.split(",") if origin.strip())
    if any(not origin.startswith(("http://", "https://")) or origin.count("/") != 2 for origin in found):
        raise ValueError(text)
    return found
