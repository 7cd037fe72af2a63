"""What a device pushes, decoded item by item: one that is no proposal is refused by itself and spoils no other."""

import re
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Raw, Struct

from domain.events import ClientProposal
from domain.fields import Instant
from service.http.bodies import body_fault, malformed
from service.http.openapi_schemas import REF
from service.http.problems import Problem as Malformed
from service.http.proposals import KNOWN_TYPES, OPENED_BY
from service.ledger.asking import proposal_digest
from service.ledger.canonical import digest
from service.ledger.sync.verdicts import Item, Problem, Skipped

# What a phone records in weeks; decided in about a second, and small enough for a bad connection to bring whole.
ITEMS_MAX = 500
# Beyond what a number is exact to in JavaScript, as everywhere.
SEQUENCE_MAX = (1 << 53) - 1

_STREAM = re.compile("(?:deal|goal)/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Sequence = Annotated[
    int, Meta(ge=1, le=SEQUENCE_MAX, description="Consecutive for the device and its epoch, from 1 on")
]
Epoch = Annotated[
    int, Meta(ge=1, le=SEQUENCE_MAX, description="Which installation on the device; a new one takes a higher number")
]

After = Annotated[
    int,
    Meta(
        ge=1,
        le=SEQUENCE_MAX,
        description="The sequence of an earlier item on the same stream that is still deferred and is not in this "
        "push: what would be refused is deferred as well",
    ),
]


class SyncItem(Struct, kw_only=True):
    """A proposal as for `POST /v1/deals/{stream_id}/events`, with the members that are here besides.

    `event_id` and `occurred_at` may not be absent. The fact that opens a stream names the stream that it opens.
    """

    device_sequence: Sequence
    event_id: UUID
    stream_id: str
    occurred_at: Instant
    type: str
    data: dict[str, Any]
    after: After | None = None


class SkippedItem(Struct, kw_only=True, forbid_unknown_fields=True):
    """In place of an item that the device has lost, or holds back: its sequence counts as arrived."""

    device_sequence: Sequence
    skipped: Annotated[bool, Meta(extra_json_schema={"const": True})]


EITHER = (SyncItem, SkippedItem)
_EITHER = {"anyOf": [{"$ref": REF.format(name=one.__name__)} for one in EITHER]}


class SyncPush(Struct, kw_only=True, forbid_unknown_fields=True):
    """What one device recorded while it was alone, in any order."""

    device_id: UUID
    epoch: Epoch
    device_now: Annotated[Instant, Meta(description="The device's clock, at the moment of sending")]
    items: Annotated[tuple[Annotated[Any, Meta(extra_json_schema=_EITHER)], ...], Meta(max_length=ITEMS_MAX)]


class _Place(Struct):
    device_sequence: Sequence
    event_id: UUID | None = None
    skipped: bool = False
    after: After | None = None


class _Push(Struct, kw_only=True, forbid_unknown_fields=True):
    device_id: UUID
    epoch: Epoch
    device_now: Instant
    items: Annotated[tuple[Raw, ...], Meta(max_length=ITEMS_MAX)]


class Sent(Struct):
    """A push as it is decided."""

    device_id: UUID
    epoch: int
    device_now: Instant
    items: list[Item | Skipped]


_decode_push = msgspec.json.Decoder(_Push).decode
_decode_place = msgspec.json.Decoder(_Place).decode
_decode_members = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_proposal = msgspec.json.Decoder(ClientProposal).decode
_text = msgspec.json.Decoder(str).decode


def pushed(body: bytes) -> Sent:
    """The push in a body. It is refused whole only where an item says neither which nor the how manieth it is."""
    push = _decode_push(body)
    items = [_item(bytes(raw), number, push.device_id) for number, raw in enumerate(push.items)]
    return Sent(push.device_id, push.epoch, push.device_now, items)


def _item(raw: bytes, number: int, device: UUID) -> Item | Skipped:
    try:
        place = _decode_place(raw)
        members = _decode_members(raw)
    except msgspec.ValidationError as fault:
        what, _, path = str(fault).partition(" - at `$")
        raise msgspec.ValidationError(f"{what} - at `$.items[{number}]{path or '`'}") from None
    if place.skipped:
        if members.keys() != {"device_sequence", "skipped"}:
            raise malformed("A skipped item is nothing else.", f"/items/{number}", ["device_sequence", "skipped"])
        return Skipped(place.device_sequence)
    if place.event_id is None:
        raise malformed("The field `event_id` is missing.", f"/items/{number}/event_id", "an object with `event_id`")
    stream_id = _stream(members.pop("stream_id", None))
    members.pop("after", None)  # it is about this push alone
    try:
        if stream_id is None:
            raise malformed("The item names no stream.", "/stream_id", "a stream's id, such as `goal/0193a000-…`")
        proposal = _proposal(members, device)
    except Malformed as fault:
        problem = Problem(fault.kind.slug, fault.detail, msgspec.to_builtins(fault.members))
        type_ = _named(members.get("type"))
        return Item(
            place.device_sequence,
            place.event_id,
            stream_id or f"none/{place.event_id}",
            digest(_content(raw)),
            opens=stream_id is not None and type_ in OPENED_BY.values(),
            after=place.after,
            fault=problem,
            sent=raw,
        )
    return Item(
        place.device_sequence,
        place.event_id,
        stream_id,
        proposal_digest(proposal),
        opens=type(proposal).__struct_config__.tag in OPENED_BY.values(),
        after=place.after,
        proposal=proposal,
        sent=raw,
    )


def _content(raw: bytes) -> bytes:
    """What tells one faulty item from another: all of it but where it came in a push."""
    members = _decode_members(raw)
    return msgspec.json.encode({name: members[name] for name in members if name not in ("device_sequence", "after")})


def _proposal(members: dict[str, Raw], device: UUID) -> Any:
    body = msgspec.json.encode(members)
    proposal = _faultless(_decode_proposal, body)
    if proposal.occurred_at is None:
        raise malformed("The field `occurred_at` is missing.", "/occurred_at", "an object with `occurred_at`")
    if proposal.device_id not in (None, device):
        raise malformed("The item is of another device.", "/device_id", "the device that pushes, or nothing")
    return msgspec.structs.replace(proposal, device_id=device)


def _faultless(decode: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return decode(body)
    except msgspec.ValidationError as fault:
        raise body_fault(str(fault), KNOWN_TYPES, body) from None
    except (RecursionError, UnicodeDecodeError, msgspec.DecodeError):
        raise malformed("The item cannot be read.", "", "a proposal") from None


def _named(raw: Raw | None) -> str | None:
    try:
        return None if raw is None else _text(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _stream(raw: Raw | None) -> str | None:
    named = _named(raw)
    return named if named is not None and _STREAM.fullmatch(named) else None
