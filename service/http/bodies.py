"""Request bodies: read within bounds, decoded once and strictly. Every fault becomes a problem with its JSON pointer.

Of two members with one name in an object the last one counts, as in every common JSON reader.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
from litestar.types import Receive, Scope

from projections.patch import escaped
from service.http.known_names import choices_at, fields_at
from service.http.problems import CLOSE, Problem
from service.wording import CHOICE, in_words

T = TypeVar("T")

# Names offered instead of an unknown one: a list of ninety helps nobody.
NEAREST_NAMES_MAX = 3
NAMES_SHOWN_MAX = 40
# An unknown name from the body is told back in the answer; nobody types a longer one.
NAME_CHARS_MAX = 100

_BY_NAME = "throughline.headers"

_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
_MISSING = re.compile(r"^Object missing required field `(.*)`$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)
_FORMS = {
    "Invalid RFC3339 encoded datetime": "a time as in RFC 3339, such as 2026-05-01T09:00:00Z",
    "Invalid RFC3339 encoded date": "a date, such as 2026-05-01",
    "Invalid UUID": "a UUID",
}
_TAG = re.compile(r"^Invalid value '(.*)'$", re.DOTALL)


def header_values(scope: Scope, name: bytes) -> tuple[bytes, ...]:
    """Every value of a header, as received. They are sorted by name once a request, for half a dozen are asked for."""
    by_name: dict[bytes, tuple[bytes, ...]] | None = scope.get(_BY_NAME)  # type: ignore[assignment]  # a key of our own
    if by_name is None:
        headers = list(scope["headers"])
        by_name = {key: (value,) for key, value in headers}
        if len(by_name) < len(headers):
            by_name = {one: tuple(value for key, value in headers if key == one) for one in by_name}
        scope[_BY_NAME] = by_name  # type: ignore[literal-required]  # the same
    return by_name.get(name, ())


def _one_length(scope: Scope, bytes_max: int) -> None:
    for value in header_values(scope, b"content-length"):
        if value.isdigit() and int(value) > bytes_max:
            raise too_large(bytes_max)


def too_large(bytes_max: int) -> Problem:
    return Problem("body-too-large", f"The body is larger than {bytes_max} bytes.", CLOSE, accepted=bytes_max)


def demand_json(scope: Scope) -> None:
    """Refuse a body that is not plain `application/json` in UTF-8."""
    kinds = header_values(scope, b"content-type")
    if kinds != (b"application/json",) and not _says_json(kinds):
        raise Problem(
            "content-type-refused", "The body is not declared as application/json.", accepted="application/json"
        )
    if any(value.strip().lower() != b"identity" for value in header_values(scope, b"content-encoding")):
        raise Problem("content-type-refused", "Compressed bodies are not taken.", accepted="no Content-Encoding")


def _says_json(kinds: Sequence[bytes]) -> bool:
    if len(kinds) != 1:
        return False
    kind, _, parameters = kinds[0].lower().partition(b";")
    return kind.strip() == b"application/json" and parameters.replace(b'"', b"").strip() in (b"", b"charset=utf-8")


async def read_body(scope: Scope, receive: Receive, *, bytes_max: int, deadline_s: float) -> bytes:
    """The whole body, or the problem: 415, 413 as soon as it is known to be too large, 408 after `deadline_s`."""
    demand_json(scope)
    _one_length(scope, bytes_max)
    collecting = _collect(receive, bytes_max)
    try:
        waiting = collecting.send(None)
    except StopIteration as end:  # it arrived with the headers, as nearly all do: nothing to time
        whole: bytes = end.value
        return whole
    try:
        async with asyncio.timeout(deadline_s):
            return await _Rest(collecting, waiting)
    except TimeoutError:
        raise Problem("body-too-slow", f"The body was not whole after {deadline_s:g} s.", CLOSE) from None


class _Rest:
    """The rest of a body's collection, which was begun by hand and waits for a future now."""

    def __init__(self, collecting: Coroutine[Any, Any, bytes], waiting: Any) -> None:
        self._collecting = collecting
        self._waiting = waiting

    def __await__(self) -> Generator[Any, Any, bytes]:
        try:
            yield self._waiting
        except BaseException as failure:
            self._collecting.throw(failure)
            raise
        return (yield from self._collecting.__await__())


async def _collect(receive: Receive, bytes_max: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            # Nobody is left to read this; the log line of the request says it.
            raise malformed("The connection was closed before the body was whole.", "", "a whole body")
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise too_large(bytes_max)
        parts.append(part)
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def decoded(decode: Callable[[bytes], T], body: bytes, known_types: Iterable[str] = ()) -> T:
    """`body` through a strict decoder; a 400 that points at the first fault otherwise.

    `known_types` are the values that an unknown `type` is compared with.
    """
    try:
        return decode(body)
    except msgspec.ValidationError as fault:
        raise body_fault(str(fault), known_types, body, _shape_of(decode)) from None
    except RecursionError:
        raise malformed("The body is nested too deeply.", "", "no deeper nesting than the schema has") from None
    except UnicodeDecodeError:
        raise malformed("The body is not valid UTF-8.", "", "JSON in UTF-8") from None
    except msgspec.DecodeError as fault:
        raise malformed(f"The body is not JSON: {fault}.", "", "one JSON document without a byte order mark") from None


def _shape_of(decode: Callable[[bytes], Any]) -> Any:
    """What a decoder decodes, where `decode` is a method of one; None for those of facts, which look before."""
    decoder = getattr(decode, "__self__", None)
    return decoder.type if isinstance(decoder, msgspec.json.Decoder) else None


def malformed(detail: str, pointer: str, accepted: Any) -> Problem:
    return Problem("body-malformed", detail, pointer=pointer, accepted=accepted)


def body_fault(fault: str, known_types: Iterable[str] = (), body: bytes = b"", shape: Any = None) -> Problem:
    """msgspec's sentence as a problem: where (a JSON pointer), what, and what would be accepted.

    The body, of `shape` or of facts, is read again, loosely, to tell which fields or values there may be at the fault.
    """
    parts = _PATH.match(fault)
    what, pointer = (parts["what"], pointer_of(parts["path"] or "")) if parts else (fault, "")
    if missing := _MISSING.match(what):
        name = missing[1]
        return malformed(f"The field `{name}` is missing.", f"{pointer}/{escaped(name)}", f"an object with `{name}`")
    if unknown := _UNKNOWN.match(what):
        name = unknown[1][:NAME_CHARS_MAX]
        known = fields_at(body, pointer, shape)
        return malformed(
            f"The field `{name}` is not known here.{_meant(name, known)}",
            f"{pointer}/{escaped(name)}",
            known or "only fields of the schema",
        )
    if pointer.endswith("/type") and (tag := _TAG.match(what)):
        return _unknown_type(tag[1][:NAME_CHARS_MAX], pointer, sorted(known_types))
    if choice := CHOICE.match(what):
        value, choices = choice["value"][:NAME_CHARS_MAX], choices_at(body, pointer, shape)
        return malformed(
            f"`{value}` is none of the values that may stand here.{_meant(value, [*map(str, choices)])}",
            pointer,
            choices or "one of the values of the schema",
        )
    told = in_words(what)
    accepted = told.partition(", got ")[0].removeprefix("Expected ")
    return malformed(f"{told}.", pointer, _FORMS.get(what, accepted))


def _unknown_type(name: str, pointer: str, known: list[str]) -> Problem:
    nearest = get_close_matches(name, known, NEAREST_NAMES_MAX, cutoff=0.5)
    if not nearest:
        nearest = known if len(known) <= NAMES_SHOWN_MAX else []
    accepted: Any = nearest or "a type listed by GET /v1/catalogue"
    return malformed(f"`{name}` is not a type that this call takes.{_meant(name, known)}", pointer, accepted)


def _meant(name: str, known: list[str]) -> str:
    """The question that a slip of the finger deserves."""
    nearest = get_close_matches(name, known, NEAREST_NAMES_MAX, cutoff=0.5)
    return f" Did you mean {', '.join(f'`{near}`' for near in nearest)}?" if nearest else ""


def pointer_of(path: str) -> str:
    """msgspec's `.data.items[0]` as the JSON pointer `/data/items/0` (RFC 6901)."""
    return "".join(f"/{escaped(name) if name else index or '*'}" for name, index in _STEP.findall(path))
