"""Query strings, as strict as bodies: known parameters, each once, in one canonical form, inside their bounds.

A route declares its question as a frozen struct; the struct is the schema, the decoder and the documentation.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, TypeVar, cast, get_args
from urllib.parse import unquote_to_bytes
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, defstruct
from msgspec.structs import fields

from domain.fields import PRINTABLE
from service.http.problems import Problem
from service.wording import in_words

# A search text of 200 characters in percent-encoded UTF-8, a cursor and every filter together stay below this.
QUERY_BYTES_MAX = 8_192
PARAMETERS_MAX = 50
PAGE_DEFAULT = 100
PAGE_MAX = 500
SEARCH_CHARS_MAX = 200
POLICY_CHARS_MAX = 40
# Every name there is, several times over; a longer list is nobody's question.
INCLUDE_CHARS_MAX = 1_000
CURSOR_CHARS_MAX = 1_024
# Positions stay where every JSON reader keeps integers exactly.
POSITION_MAX = 2**53 - 1

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
CANONICAL_UUID = re.compile(UUID_PATTERN.replace("$", r"\Z"), re.ASCII)

Position = Annotated[int, Meta(ge=0, le=POSITION_MAX)]
Instant = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(pattern=UUID_PATTERN, max_length=36, description="A UUID in its canonical form")]
Cursor = Annotated[
    str,
    Meta(min_length=1, max_length=CURSOR_CHARS_MAX, description="From `next` of the page before; bound to the filters"),
]
Limit = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
SearchText = Annotated[str, Meta(min_length=1, max_length=SEARCH_CHARS_MAX, pattern=PRINTABLE)]
PartyOrMe = Annotated[
    str,
    Meta(pattern=UUID_PATTERN.replace("^", "^(me|").replace("$", ")$"), max_length=36, description="A party, or `me`"),
]
AsOf = Annotated[datetime, Meta(tz=True, description="What had happened by then; absent: no cut")]
KnownAt = Annotated[
    Position | Instant,
    Meta(
        description="What had been recorded by then (a time), or in a log of that size (a position); absent: the head"
    ),
]

PolicyKey = Annotated[
    str,
    Meta(
        max_length=POLICY_CHARS_MAX,
        pattern=r"^[a-z][a-z0-9_]*/[1-9][0-9]*$",
        description="The policy that trust and signals are reckoned under, of `GET /v1/policies`; absent: `trust/1`",
    ),
]


class Times(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The two times of every read."""

    as_of: AsOf | None = None
    known_at: KnownAt | None = None


class Under(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A read whose answer depends on the policy that trust and signals are reckoned under."""

    policy: PolicyKey | None = None


class Including(Under, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A read of a state together with more answers about the same stream, named and separated by commas."""

    include: str | None = None


def including(names: Collection[str]) -> type[Including]:
    """A read of a state together with more answers, of those that have these names."""
    one = "|".join(names)
    asked = Annotated[
        str,
        Meta(
            max_length=INCLUDE_CHARS_MAX,
            description="Names of further answers, separated by commas: each becomes a member of the answer, all from "
            "the same facts at the same moment",
            extra_json_schema={"pattern": f"^({one})(,({one}))*$"},
        ),
    ]
    made = defstruct(
        "Including", [("include", asked | None, None)], bases=(Including,), frozen=True, forbid_unknown_fields=True
    )
    return cast("type[Including]", made)


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """The question of a call that takes no parameters."""


def party_asked(party: str | None, me: UUID) -> UUID | None:
    """The party that a `PartyOrMe` means to the caller `me`."""
    if party is None:
        return None
    return me if party == "me" else UUID(party)


def refuse_parameter(name: str, detail: str, accepted: Any) -> Problem:
    """The 400 for one parameter."""
    return Problem("query-malformed", detail, parameter=name, accepted=accepted)


Q = TypeVar("Q", bound=Struct)

_MISSING = re.compile(r"Object missing required field `(.*)`")
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,30})", re.ASCII)
# RFC 3339 with an offset; msgspec alone would also take a space or a lower-case t between date and time.
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)


def asked(question: type[Q], query: bytes) -> Q:
    """The query string as `question`, or a 400 (414 when it is too long) that names the parameter and what it takes."""
    if not query:
        return cast("Q", _read(question, b""))
    if len(query) > QUERY_BYTES_MAX:
        raise Problem("query-too-long", f"The query string has {len(query)} bytes.", accepted=QUERY_BYTES_MAX)
    return cast("Q", _read(question, query))


# The same questions are asked again and again (a page's poll, a list's first page); at 8 KB at most each this is 8 MB.
@lru_cache(maxsize=1_024)
def _read(question: type[Q], query: bytes) -> Q:
    readers = _readers(question)
    values: dict[str, Any] = {}
    for name, text in _pairs(query):
        reader = readers.get(name)
        if reader is None:
            raise refuse_parameter(name[:100], f"The parameter `{name[:100]}` is not known here.", sorted(readers))
        if name in values:
            raise refuse_parameter(name, f"The parameter `{name}` is given twice.", "each parameter once")
        values[name] = reader(name, text)
    try:
        return msgspec.convert(values, question)
    except msgspec.ValidationError as fault:
        what, _, path = str(fault).partition(" - at `$.")
        if missing := _MISSING.fullmatch(what):
            name = missing[1]
            raise refuse_parameter(
                name, f"The parameter `{name}` is missing.", f"a query string with `{name}`"
            ) from None
        name = re.split(r"[.\[`]", path)[0]
        accepted = _choices(question, name) or in_words(what).removeprefix("Expected ")
        raise refuse_parameter(name, f"The parameter `{name}` is not accepted.", accepted) from None


def _pairs(query: bytes) -> list[tuple[str, str]]:
    pairs = query.split(b"&", PARAMETERS_MAX)
    if len(pairs) > PARAMETERS_MAX:
        raise Problem("query-malformed", f"More than {PARAMETERS_MAX} parameters.", accepted=PARAMETERS_MAX)
    return [(_text(name), _text(value)) for name, _, value in (pair.partition(b"=") for pair in pairs if pair)]


def _text(encoded: bytes) -> str:
    try:
        return unquote_to_bytes(encoded.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise Problem("query-malformed", "The query string is not percent-encoded UTF-8.", accepted="UTF-8") from None


@lru_cache(maxsize=256)
def _readers(question: type[Struct]) -> Mapping[str, Callable[[str, str], Any]]:
    return {field.encode_name: _reader(field.type) for field in fields(question)}


def _leaves(annotation: Any) -> set[Any]:
    """The plain types under unions and annotations."""
    if inner := get_args(annotation):
        if hasattr(annotation, "__metadata__"):
            return _leaves(inner[0])
        if not any(isinstance(part, str) for part in inner):
            return set().union(*map(_leaves, inner))
    return {annotation}


def _choices(question: type[Struct], name: str) -> list[str]:
    """The values of a parameter that takes one of a few; empty for any other."""
    kind = next((field.type for field in fields(question) if field.encode_name == name), None)
    return [value for leaf in _leaves(kind) for value in get_args(leaf) if isinstance(value, str)]


def _reader(annotation: Any) -> Callable[[str, str], Any]:
    """How the text of a parameter of this type becomes the value that the struct checks."""
    leaves = _leaves(annotation)
    if bool in leaves:
        return _flag
    if datetime in leaves and int in leaves:
        return _position_or_instant
    if datetime in leaves:
        return _instant
    return _integer if int in leaves else lambda _name, text: text


def _flag(name: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise refuse_parameter(name, f"The parameter `{name}` is not a flag.", ["true", "false"])
    return text == "true"


def _integer(name: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise refuse_parameter(name, f"The parameter `{name}` is not an integer.", "an integer in decimal digits")
    return int(text)


def _instant(name: str, text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise refuse_parameter(
            name, f"The parameter `{name}` is not a time.", "RFC 3339 with an offset, such as 2026-05-01T09:00:00Z"
        )
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise refuse_parameter(
            name, f"The parameter `{name}` is not a time in UTC.", "a time in the years 1 to 9999"
        ) from None


def _position_or_instant(name: str, text: str) -> int | datetime:
    return int(text) if _INTEGER.fullmatch(text) else _instant(name, text)
