"""Score receipts: trust on a stream with the place of every fact in it, made from what one reader is shown. Pure.

Whoever has the same facts makes the same receipt, to the last digit: that is how one is checked.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct, structs, to_builtins

from domain.facts import Recorded
from domain.history import effective
from domain.stream import fold
from projections.trust.policy import Policy
from projections.trust.score import DimensionTrust, EvidenceRow, Trust, trust
from projections.view import View

FORMAT = "throughline-receipt/1"
WITH_TRUST = ("deal/", "goal/")
"""How the names of streams begin on which there is trust."""


class PolicyDocument(Struct, frozen=True):
    """A policy by key (`trust/1`), with its document, of whose bytes `sha256` is the digest (hexadecimal)."""

    policy: str
    sha256: str
    document: str


class ReceiptRow(EvidenceRow, frozen=True, kw_only=True):
    """A row of evidence, with the position of the fact that caused it."""

    position: int


class ReceiptDimension(DimensionTrust, frozen=True, kw_only=True):
    """The opinion on one dimension as trust answers it, each row with its position."""

    rows: list[ReceiptRow]  # type: ignore[assignment]  # a row with a member more; nobody adds to a frozen answer


class ReceiptTrust(Trust, frozen=True, kw_only=True):
    """Trust as it is answered, each row with its position."""

    dimensions: list[ReceiptDimension]  # type: ignore[assignment]  # as above


class Receipt(Struct, frozen=True, kw_only=True):
    """Trust on a stream, made from the facts that stand in the first `size` of a log and that its reader is shown.

    There are `facts` of the stream; of these `hidden` are the positions of those that are not shown, and `erased` of
    those whose content was destroyed before: neither says anything here. Facts that had not happened by `trust.at` are
    left out. `policy_sha256` is the digest of the policy's document.
    """

    log: str
    stream_id: str
    size: int
    facts: int
    hidden: list[int]
    erased: list[int]
    policy_sha256: str
    trust: ReceiptTrust


class ReceiptFile(Struct, frozen=True, kw_only=True):
    """A receipt by itself: with the signed checkpoint of the log that it speaks of, and its policy."""

    format: str
    checkpoint: str
    policy: PolicyDocument
    receipt: Receipt


read_receipt = msgspec.json.Decoder(ReceiptFile).decode


def document(policy: Policy) -> PolicyDocument:
    """A policy as bundles and receipts carry it."""
    return PolicyDocument(policy.key, policy.digest, policy.document.decode())


def receipt(
    log: str,
    stream_id: str,
    size: int,
    shown: Iterable[Recorded],
    hidden: Sequence[int],
    policy: Policy,
    at: datetime,
) -> Receipt | None:
    """The receipt of these facts, which are those of one stream that its reader is shown, in stream order.

    None when there is no trust to speak of: nothing had happened by then, or the stream was erased.
    """
    records = [record for record in shown if record.position < size]
    stream = fold(stream_id, [record.fact for record in records])
    facts = effective(records, at, stream=stream)
    if not facts or stream.erased or not stream_id.startswith(WITH_TRUST):
        return None
    found = trust(View(fold(stream_id, [record.fact for record in facts]), at, policy))
    return Receipt(
        log=log,
        stream_id=stream_id,
        size=size,
        facts=len(records) + len(hidden),
        hidden=list(hidden),
        erased=[record.position for record in records if record.fact.data is None],
        policy_sha256=policy.digest,
        trust=_placed(found, {record.fact.event_id: record.position for record in records}),
    )


def _placed(found: Trust, positions: dict[object, int]) -> ReceiptTrust:
    legs = []
    for leg in found.dimensions:
        rows = [ReceiptRow(**structs.asdict(row), position=positions[row.event_id]) for row in leg.rows]
        legs.append(ReceiptDimension(**structs.asdict(leg) | {"rows": rows}))
    return ReceiptTrust(**structs.asdict(found) | {"dimensions": legs})


def differences(given: Receipt, found: Receipt) -> Iterator[str]:
    """What a receipt says otherwise than the facts, in sentences: rows first, then the numbers made of them."""
    told = {leg.dimension: leg for leg in given.trust.dimensions}
    for leg in found.trust.dimensions:
        if leg.dimension in told:
            yield from _rows(told[leg.dimension], leg)
    for leg in found.trust.dimensions:
        if leg.dimension in told:
            yield from _members(f"{leg.dimension}: ", told[leg.dimension], leg, {"rows"})
    yield from _members("", given.trust, found.trust, {"dimensions"})
    names = [[leg.dimension for leg in one.trust.dimensions] for one in (given, found)]
    if names[0] != names[1]:
        yield f"the dimensions are {', '.join(names[0])}, and the facts give {', '.join(names[1])}"
    yield from _members("", given, found, {"trust", "log", "stream_id"})


def _rows(given: ReceiptDimension, found: ReceiptDimension) -> Iterator[str]:
    told: dict[object, list[ReceiptRow]] = {}
    for row in given.rows:
        told.setdefault(_cause(row), []).append(row)
    for row in found.rows:
        said = told.get(_cause(row))
        if said:
            yield from _members(f"{given.dimension}: {_named(row)}: ", said.pop(0), row, set())
        else:
            yield f"{given.dimension}: {_named(row)} counts, and the receipt leaves it out"
    for rows in told.values():
        for row in rows:
            yield f"{given.dimension}: {_named(row)} is in the receipt, and no such evidence follows from the facts"
    if list(map(_cause, given.rows)) != list(map(_cause, found.rows)):
        yield f"{given.dimension}: the rows are not in the order of their start"


def _cause(row: ReceiptRow) -> object:
    """What tells rows apart; those of several milestones or periods that are alike in this are alike in all."""
    return row.event_id, row.rule, row.case, row.starts_at


def _named(row: ReceiptRow) -> str:
    return f"the fact at position {row.position} by {row.rule} ({row.case})"


def _members(prefix: str, given: Struct, found: Struct, besides: set[str]) -> Iterator[str]:
    for name in found.__struct_fields__:
        said, holds = getattr(given, name), getattr(found, name)
        if name not in besides and said != holds:
            yield f"{prefix}{name} is {_written(said)}, and the facts give {_written(holds)}"


def _written(value: object) -> str:
    return msgspec.json.encode(to_builtins(value)).decode()
