"""Whether a log continues one that was signed for before: a kept checkpoint, or the one that a receipt speaks of."""

from collections.abc import Sequence

from service.proof.bundle import Manifest
from service.proof.checkpoint import Checkpoint
from service.proof.flaws import RECEIPT, REWRITTEN, UNCOMPARED, UNRECKONED, UNSIGNED, Flaw
from service.proof.merkle import Peaks, is_consistent
from service.proof.note import VerifierKey
from service.proof.reading import hashes_in, opened
from service.proof.receipt import ReceiptFile


def earlier(note: str, keys: Sequence[VerifierKey], checkpoint: Checkpoint, which: str) -> Checkpoint:
    """Another checkpoint of the same log."""
    found, _ = opened(note, keys, which)
    if found.origin != checkpoint.origin:
        raise Flaw(UNSIGNED, f"{which} is of {found.origin}, the bundle of {checkpoint.origin}")
    return found


def of_receipt(alone: ReceiptFile, keys: Sequence[VerifierKey], checkpoint: Checkpoint) -> Checkpoint:
    """The checkpoint that a receipt speaks of, which the bundle must reach."""
    found = earlier(alone.checkpoint, keys, checkpoint, "the receipt's checkpoint")
    if found.size > checkpoint.size:
        raise Flaw(
            UNRECKONED,
            f"the receipt is of a log of {found.size} facts, and the bundle ends at {checkpoint.size}: export it anew",
        )
    if found.size != alone.receipt.size:
        raise Flaw(RECEIPT, f"the receipt is of {alone.receipt.size} facts, its checkpoint of {found.size}")
    return found


def compare(manifest: Manifest, checkpoint: Checkpoint, before: Checkpoint) -> None:
    """For a bundle of one stream: the proof it brings that the log only grew since an older checkpoint."""
    if before.size == checkpoint.size:
        path: list[bytes] = []
    elif manifest.consistency is not None and manifest.consistency.from_ == before.size:
        path = hashes_in(manifest.consistency.path)
    else:
        raise Flaw(UNCOMPARED, f"it has no proof from {before.size} facts on: export it with since={before.size}")
    if not is_consistent(before.size, checkpoint.size, before.root, checkpoint.root, path):
        raise Flaw(REWRITTEN, f"the first {before.size} facts are not those of the older checkpoint")


def continues(peaks: Peaks, continued: Sequence[Checkpoint]) -> None:
    """For a bundle of the log: that the facts so far are those that were signed for then."""
    for before in continued:
        if peaks.size == before.size and peaks.root() != before.root:
            raise Flaw(REWRITTEN, f"the first {before.size} facts are not those of the older checkpoint")
