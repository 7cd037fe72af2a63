"""What may be sent to record facts, one or a batch, decoded in one pass; and the ids they get. No rule is here."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, cast, get_args
from uuid import UUID, uuid4, uuid5

import msgspec
from litestar.types import Scope
from msgspec import Meta, Struct, defstruct
from msgspec.structs import fields

from domain.events import CATALOGUE, ClientProposal
from domain.facts import Proposal
from service.http.bodies import header_values
from service.http.problems import Problem
from service.ledger.credentials import Identity

Kind = Literal["deal", "goal"]

# A batch is what one person did in one sitting; it is decided and committed whole.
FACTS_MAX = 100
IDEMPOTENCY_KEY_CHARS_MAX = 255

OPENED_BY: Mapping[Kind, str] = {"deal": "deal.opened", "goal": "goal.set"}

VARIANTS: Mapping[str, type[Proposal]] = {cls.__struct_config__.tag: cls for cls in get_args(ClientProposal)}
"""The wire struct of each type that a client may send."""

_FACTS = Annotated[tuple[ClientProposal, ...], Meta(min_length=1, max_length=FACTS_MAX)]
_STREAM_ID = Annotated[UUID | None, Meta(description="Made by the client; made by the service when absent")]

FactBatch: Any = defstruct("FactBatch", [("facts", _FACTS)], frozen=True, forbid_unknown_fields=True)
FactBatch.__doc__ = "Facts for one stream: all of them are recorded, or none."

OpeningBatch: Any = defstruct(
    "OpeningBatch", [("facts", _FACTS), ("stream_id", _STREAM_ID, None)], frozen=True, forbid_unknown_fields=True
)
OpeningBatch.__doc__ = "The first facts of a new stream, beginning with the one that opens it: all of them, or none."


def _opening(kind: Kind) -> type[Proposal]:
    variant = VARIANTS[OPENED_BY[kind]]
    opening = defstruct(
        f"{kind.capitalize()}Opening",
        [("stream_id", _STREAM_ID, None)],
        bases=(variant,),
        tag_field="type",
        tag=OPENED_BY[kind],
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=True,
    )
    opening.__doc__ = f"The first fact of a new {kind}, with the stream's id if the client makes it."
    return cast("type[Proposal]", opening)


OPENINGS: Mapping[Kind, type[Proposal]] = {kind: _opening(kind) for kind in OPENED_BY}


class Opening(Struct, frozen=True):
    """The first facts of a stream."""

    stream_id: UUID | None
    facts: tuple[Proposal, ...]


# A batch nearly always starts so. Where it does not, the decoder of one proposal misses `type`, and the other follows.
_BATCH_START = re.compile(rb'\s*\{\s*(?:"stream_id"\s*:\s*(?:null|"[^"\\]*")\s*,\s*)?"facts"\s*:')
_NO_TYPE = "Object missing required field `type`"


def _either(one: Callable[[bytes], Any], batch: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    def decode(body: bytes) -> Any:
        if _BATCH_START.match(body):
            return batch(body)
        try:
            return one(body)
        except msgspec.ValidationError as fault:
            if str(fault) != _NO_TYPE or b'"facts"' not in body:
                raise
            return batch(body)

    return decode


_appending = _either(msgspec.json.Decoder(ClientProposal).decode, msgspec.json.Decoder(FactBatch).decode)
_opening_of = {
    kind: _either(msgspec.json.Decoder(opening).decode, msgspec.json.Decoder(OpeningBatch).decode)
    for kind, opening in OPENINGS.items()
}


def appending(body: bytes) -> tuple[Proposal, ...]:
    """The proposals of a body for a stream that is there."""
    sent = _appending(body)
    return sent.facts if type(sent) is FactBatch else (sent,)


def opening(kind: Kind) -> Callable[[bytes], Opening]:
    """The decoder of a body that opens a stream of `kind`."""
    decode = _opening_of[kind]
    variant = VARIANTS[OPENED_BY[kind]]
    names = [field.name for field in fields(variant)]

    def decode_opening(body: bytes) -> Opening:
        sent = decode(body)
        if type(sent) is OpeningBatch:
            return Opening(sent.stream_id, sent.facts)
        # The stream's id is no part of the fact, and equal facts must have equal digests.
        return Opening(sent.stream_id, (variant(**{name: getattr(sent, name) for name in names}),))

    return decode_opening


def idempotency_key(scope: Scope) -> str | None:
    """The Idempotency-Key header: any text of up to 255 characters, once."""
    values = header_values(scope, b"idempotency-key")
    if not values:
        return None
    key = values[0].decode("latin-1")
    if len(values) > 1 or not 1 <= len(key) <= IDEMPOTENCY_KEY_CHARS_MAX or not key.isprintable():
        detail = f"One Idempotency-Key of 1 to {IDEMPOTENCY_KEY_CHARS_MAX} printable characters is taken."
        raise Problem(
            "header-malformed",
            detail,
            header="Idempotency-Key",
            accepted=f"1 to {IDEMPOTENCY_KEY_CHARS_MAX} characters",
        )
    return key


class Named(Struct, frozen=True):
    """Facts with the ids that an idempotency key gave them; `whole` is the one that stands for all of them."""

    facts: tuple[Proposal, ...]
    whole: UUID | None = None


def named(proposals: Sequence[Proposal], key: str | None, identity: Identity) -> Named:
    """The proposals with the event ids that an idempotency key gives to those without one.

    A key belongs to a party in a workspace. The first fact without an id gets uuid5(uuid5(workspace, party), key),
    whatever it is sent with, so that the key cannot be used again for other facts; of others the i-th fact of the batch
    gets uuid5(that, i), with i counted from 0.
    """
    if key is None:
        return Named(tuple(proposals))
    of_key = uuid5(uuid5(identity.workspace_id, str(identity.caller.party_id)), key)
    facts, whole = [], None
    for index, proposal in enumerate(proposals):
        if proposal.event_id is None:
            made = of_key if whole is None else uuid5(of_key, str(index))
            whole = of_key
            facts.append(msgspec.structs.replace(proposal, event_id=made))
        else:
            facts.append(proposal)
    return Named(tuple(facts), whole)


def new_stream(wish: UUID | None, first: Proposal) -> UUID:
    """The id of a stream to open: the client's, else one that a repeat of the same first fact gives again, else any."""
    if wish is not None:
        return wish
    return uuid4() if first.event_id is None else uuid5(first.event_id, "stream_id")


KNOWN_TYPES = frozenset(VARIANTS)
FAMILIES = tuple(dict.fromkeys(event_type.family for event_type in CATALOGUE.values()))
