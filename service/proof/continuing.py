"""Whether a log continues one that was signed for before: a kept checkpoint, or the one that a receipt speaks of."""

from collections.abc import Sequence

from msgspec import Struct

from service.proof.bundle import Manifest
from service.proof.checkpoint import Checkpoint
from service.proof.flaws import RECEIPT, REWRITTEN, SHORTENED, UNCOMPARED, UNRECKONED, UNSIGNED, Flaw
from service.proof.merkle import Peaks, is_consistent
from service.proof.note import VerifierKey
from service.proof.reading import hashes_in, kept_note, opened, proof_in
from service.proof.receipt import ReceiptFile


def earlier(note: str, keys: Sequence[VerifierKey], checkpoint: Checkpoint, which: str) -> Checkpoint:
    """Another checkpoint of the same log."""
    found, _ = opened(note, keys, which)
    if found.origin != checkpoint.origin:
        raise Flaw(UNSIGNED, f"{which} is of {found.origin}, the bundle of {checkpoint.origin}")
    return found


class Growth(Struct, frozen=True):
    """A log that continues one of `old` facts and has `new`, signed by `keys`."""

    log: str
    old: int
    new: int
    keys: list[str]


def verify_growth(now: str, older: str, proof: bytes, keys: Sequence[VerifierKey]) -> Growth:
    """Check, without any fact, that the log of one checkpoint continues that of an older one: by the answer to
    `GET /v1/log/proof/consistency` from the older size to the newer. Raises `Flaw`."""
    checkpoint, signed_by = opened(kept_note(now), keys, "the checkpoint")
    before = earlier(kept_note(older), keys, checkpoint, "the older checkpoint")
    if before.size > checkpoint.size:
        raise Flaw(SHORTENED, f"the log had {before.size} facts and has {checkpoint.size}")
    shown = proof_in(proof)
    if (shown.from_, shown.to) != (before.size, checkpoint.size):
        raise Flaw(
            UNCOMPARED,
            f"the proof goes from {shown.from_} to {shown.to} facts, the checkpoints from {before.size} to "
            f"{checkpoint.size}",
        )
    if not is_consistent(before.size, checkpoint.size, before.root, checkpoint.root, hashes_in(shown.path)):
        raise Flaw(REWRITTEN, f"the first {before.size} facts are not those of the older checkpoint")
    return Growth(checkpoint.origin, before.size, checkpoint.size, [key.text for key in signed_by])


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
