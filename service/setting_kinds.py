"""The kinds of values a setting may have: each reads its text or raises ValueError. Knows no setting by name."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

MASTER_KEY_BYTES = 32
"""AES-256."""

LINE_CHARS_MAX = 1_000
"""No address or name that somebody writes into an environment is longer."""


@dataclass(frozen=True)
class Setting:
    """One variable: which field it fills, what it takes, and what it is for."""

    name: str
    fills: str
    default: str
    read: Callable[[str], Any]
    accepted: str
    meaning: str
    default_shown: str = ""


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


def http_address(text: str) -> str:
    """An http or https address with a host, without a query."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(text)
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


def secure_address(text: str) -> str:
    """An address with https, or with http on this machine itself; raises ValueError for anything else."""
    parts = urlsplit(text)
    if not parts.hostname or parts.username is not None or parts.query or parts.fragment or not text.isprintable():
        raise ValueError(text)
    if parts.scheme != "https" and not (parts.scheme == "http" and _on_this_machine(parts.hostname)):
        raise ValueError(text)
    return text


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def some_of(*names: str) -> tuple[Callable[[str], tuple[str, ...]], str]:
    def read(text: str) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
        if not found or any(name not in names for name in found):
            raise ValueError(text)
        return found

    return read, "some of " + ", ".join(names) + ", separated by commas"


def line(text: str) -> str:
    if not text.isprintable() or len(text) > LINE_CHARS_MAX:
        raise ValueError(text)
    return text


def uuid(text: str) -> UUID:
    return UUID(text)


def pairs(*names: str) -> tuple[Callable[[str], tuple[tuple[str, str], ...]], str]:
    """Values that each mean one of `names`, such as `sales=member`, in their order."""

    def read(text: str) -> tuple[tuple[str, str], ...]:
        found = tuple(
            (value.strip(), name.strip()) for value, _, name in (one.rpartition("=") for one in text.split(","))
        )
        if any(not value or name not in names for value, name in found):
            raise ValueError(text)
        return found

    return read, f"pairs VALUE=ROLE separated by commas, with the roles {', '.join(names)}"


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks such as 10.1.0.0/16, separated by commas; raises ValueError for one with host bits."""
    return tuple(ip_network(network.strip()) for network in text.split(",") if network.strip())
