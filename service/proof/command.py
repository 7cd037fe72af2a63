"""`throughline verify`: checks a bundle without the service, its database or its settings."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from service.proof.bundle import LINE_BYTES_MAX
from service.proof.continuing import verify_growth
from service.proof.flaws import MALFORMED, Flaw
from service.proof.note import VerifierKey
from service.proof.receipt import Receipt
from service.proof.verifying import Verdict, verify


class KeyText(click.ParamType[VerifierKey]):
    """A verification key as the service publishes it."""

    name = "key"

    def convert(
        self, value: str | VerifierKey, param: click.Parameter | None, ctx: click.Context | None
    ) -> VerifierKey:
        if isinstance(value, VerifierKey):
            return value
        try:
            return VerifierKey.parse(value.strip())
        except ValueError as refusal:
            self.fail(f"{refusal}.", param, ctx)


@click.command(
    "verify",
    help="Check an exported bundle (-: from the input), or a checkpoint, offline. What the exit codes tell is in "
    "docs/proving.md.",
)
@click.argument("bundle", type=click.File("rb"))
@click.option(
    "--key",
    "keys",
    type=KeyText(),
    multiple=True,
    help="A key that must have signed, as GET /v1/log/keys told it before. Else the bundle's own keys are taken.",
)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you kept, or an answer, receipt or bundle with one: the log must be a continuation of it.",
)
@click.option(
    "--receipt",
    type=click.File("rb"),
    help="A score receipt by itself, to be made again from the bundle.",
)
@click.option(
    "--proof",
    type=click.File("rb"),
    help="With a checkpoint instead of a bundle: what GET /v1/log/proof/consistency answered, from the size of the one "
    "in --against to its own. It names no keys itself: give one with --key.",
)
def command(
    bundle: BinaryIO,
    keys: tuple[VerifierKey, ...],
    against: Path | None,
    receipt: BinaryIO | None,
    proof: BinaryIO | None,
) -> None:
    """Say what the bundle proves, or what is wrong first."""
    if proof is not None and (against is None or not keys or receipt is not None):
        raise click.UsageError("--proof takes a checkpoint, an older one with --against, and a key with --key.")
    try:
        older = None if against is None else _kept(against)
    except UnicodeDecodeError:
        raise click.BadParameter(f"{against} is no checkpoint.", param_hint="--against") from None
    try:
        if proof is not None and older is not None:
            click.echo("\n".join(_grown(bundle, older, proof, keys)))
            return
        alone = None if receipt is None else receipt.read(LINE_BYTES_MAX)
        verdict = verify(lines_of(bundle), keys, older, alone)
    except Flaw as flaw:
        click.echo(f"throughline: {flaw}", err=True)
        sys.exit(flaw.kind.exit_code)
    click.echo("\n".join(_told(verdict, trusted=bool(keys))))


def lines_of(bundle: BinaryIO) -> Iterator[bytes]:
    """The lines of a bundle, of bounded length."""
    while line := bundle.readline(LINE_BYTES_MAX):
        if not line.endswith(b"\n"):
            raise Flaw(MALFORMED, "the last line is not whole: the bundle was cut off")
        yield line


def _kept(against: Path) -> str:
    """What was kept; of a bundle, its first line."""
    with against.open("rb") as file:
        first = file.readline(LINE_BYTES_MAX)
        rest = b"" if first.startswith(b'{"line"') else file.read(LINE_BYTES_MAX)
    return (first + rest).decode()


def _grown(checkpoint: BinaryIO, older: str, proof: BinaryIO, keys: Sequence[VerifierKey]) -> Iterator[str]:
    try:
        now = checkpoint.read(LINE_BYTES_MAX).decode()
    except UnicodeDecodeError:
        raise Flaw(MALFORMED, "the checkpoint is no text") from None
    grown = verify_growth(now, older, proof.read(LINE_BYTES_MAX), keys)
    yield f"the log of {grown.new} facts is a continuation of the older checkpoint, of {grown.old} facts"
    yield f"signed by {', '.join(grown.keys)}"


def _told(verdict: Verdict, *, trusted: bool) -> Iterator[str]:
    hidden = verdict.events - verdict.shown
    scope = "the whole log" if verdict.scope == "log" else verdict.scope
    yield f"{scope}: all {verdict.events} facts up to a log of {verdict.size} are as they were signed for"
    if hidden:
        yield f"{hidden} of them are not shown to this reader, and are proven by their digests"
    if verdict.against is not None:
        yield f"the log is a continuation of the older checkpoint, of {verdict.against} facts"
    if verdict.receipts:
        scores = "1 score was" if verdict.receipts == 1 else f"{verdict.receipts} scores were"
        yield f"{scores} made again from the facts, to the last digit"
        if hidden:
            yield "what is not shown says nothing in them"
    if verdict.receipt is not None:
        yield from _right(verdict.receipt.receipt)
    for policy in verdict.under:
        yield f"under {policy}"
    yield f"signed by {', '.join(verdict.keys)}"
    if not trusted:
        yield "which is the bundle's own word: compare it with a key that you know, or give that one with --key"


def _right(receipt: Receipt) -> Iterator[str]:
    found = receipt.trust
    at = msgspec.to_builtins(found.at)
    score = f"{found.overall:g} ({found.label}, by {found.weakest_dimension})"
    yield f"the receipt is right: trust on {receipt.stream_id} at {at}, in a log of {receipt.size}, is {score}"
    if receipt.hidden:
        yield f"{len(receipt.hidden)} of its facts were not shown to the receipt's reader and say nothing in it"
    if receipt.erased:
        yield f"the content of {len(receipt.erased)} of its facts had been erased, and says nothing in it"
