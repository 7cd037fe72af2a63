"""Bundles for the tests of proof: exported from a ledger, taken apart, and checked."""

import json
from typing import Any
from uuid import UUID

from projections.trust.policy import BUILT_IN, DEFAULT
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.receipts import ReceiptsAsked
from service.proof.flaws import Flaw, FlawKind
from service.proof.note import VerifierKey
from service.proof.verifying import Verdict, verify


async def bundle(
    ledger: Ledger,
    who: Identity,
    stream_id: str | None = None,
    since: int | None = None,
    asked: ReceiptsAsked | None = None,
) -> list[bytes]:
    """The lines of an export at a checkpoint of everything, with receipts as of now."""
    await ledger.checkpoints.advance(who.workspace_id)
    asked = asked or ReceiptsAsked(ledger.clock.now(), DEFAULT, BUILT_IN)
    made = await ledger.export(who, stream_id, since, asked)
    lines = b"".join([chunk async for chunk in made.lines])
    return lines.splitlines(keepends=True)


async def checkpoint(ledger: Ledger, workspace_id: UUID) -> str:
    """The newest checkpoint, as somebody keeps it."""
    await ledger.checkpoints.advance(workspace_id)
    head = await ledger.checkpoints.newest(workspace_id)
    assert head is not None
    return head.note


def read(lines: list[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def events(lines: list[bytes]) -> list[dict[str, Any]]:
    return [line for line in read(lines) if line["line"] == "event"]


def written(lines: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines]


def flaw(lines: list[bytes], older: str | None = None, keys: tuple[VerifierKey, ...] = ()) -> tuple[FlawKind, str]:
    """What is wrong with a bundle, which must be something."""
    try:
        verdict = verify(lines, keys, older)
    except Flaw as found:
        return found.kind, found.detail
    raise AssertionError(f"it was taken: {verdict}")


def sound(lines: list[bytes], older: str | None = None) -> Verdict:
    return verify(lines, (), older)
