"""Which fields a fact may have where a client sent an unknown one: for the answer that refuses it, never before."""

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.events import CATALOGUE
from domain.facts import Proposal

_BATCH = ["facts", "stream_id"]


def fields_at(body: bytes, pointer: str) -> list[str]:
    """The fields of the object at `pointer` (RFC 6901) in a body of one fact or a batch; none where that is not known.

    `pointer` comes from a decoder that has already read the body, so that reading it loosely cannot fail.
    """
    steps = pointer.split("/")[1:]
    try:
        sent: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    if steps[:1] == ["facts"] and len(steps) > 1 and steps[1].isdigit() and isinstance(sent, dict):
        sent = _item(sent.get("facts"), int(steps[1]))
        steps = steps[2:]
    elif not steps and isinstance(sent, dict) and "facts" in sent:
        return _BATCH
    name = sent.get("type") if isinstance(sent, dict) else None
    event_type = CATALOGUE.get(name) if isinstance(name, str) else None
    if event_type is None:
        return []
    if not steps:
        return sorted({"type", *_names(Proposal)})
    return _names(event_type.cls) if steps == ["data"] else []


def _names(cls: Any) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(cls)]


def _item(items: Any, index: int) -> Any:
    return items[index] if isinstance(items, Sequence) and index < len(items) else None
