"""Reads what a bundle is made of, strictly: whatever cannot be read is a `Flaw`."""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from service.proof.bundle import EventLine, LeafContent, Line, Manifest, Part, read, read_leaf
from service.proof.checkpoint import Checkpoint
from service.proof.flaws import MALFORMED, UNSIGNED, Flaw
from service.proof.leaf import part_digest
from service.proof.merkle import HASH_BYTES
from service.proof.note import NotSigned, VerifierKey, open_note
from service.proof.receipt import FORMAT, ReceiptFile, read_receipt


def opened(note: str, keys: Sequence[VerifierKey], which: str) -> tuple[Checkpoint, list[VerifierKey]]:
    """The checkpoint in a note, and those of the keys that signed it; `which` says which it is."""
    try:
        text, signed_by = open_note(note, keys)
        return Checkpoint.parse(text), signed_by
    except NotSigned as refusal:
        raise Flaw(UNSIGNED, f"{which}: {refusal}") from None
    except ValueError as refusal:
        raise Flaw(MALFORMED, f"{which}: {refusal}") from None


def kept_note(text: str) -> str:
    """The checkpoint in what somebody kept: the note itself, or an answer, a receipt or a bundle that carries one."""
    if not text.startswith("{"):
        return text
    first = text.partition("\n")[0]
    for candidate in (first, text):
        try:
            members = msgspec.json.decode(candidate, type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError):
            continue
        for name in ("signed_checkpoint", "checkpoint"):
            note = members.get(name)
            if isinstance(note, str):
                return note
    raise Flaw(MALFORMED, "the older checkpoint: it is no signed note, and nothing that carries one")


class Proof(Struct, frozen=True, rename={"from_": "from"}):
    """The answer to `GET /v1/log/proof/consistency`."""

    from_: int
    to: int
    path: list[str]


_read_proof = msgspec.json.Decoder(Proof).decode


def proof_in(content: bytes) -> Proof:
    """A proof that a log only grew."""
    try:
        return _read_proof(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise Flaw(MALFORMED, f"the proof cannot be read: {fault}") from None


def receipt_file(content: bytes) -> ReceiptFile:
    """A receipt by itself."""
    try:
        found = read_receipt(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise Flaw(MALFORMED, f"the receipt cannot be read: {fault}") from None
    if found.format != FORMAT:
        raise Flaw(MALFORMED, f"the receipt is no {FORMAT}")
    return found


def named(manifest: Manifest) -> list[VerifierKey]:
    """The keys that a bundle names itself."""
    try:
        return [VerifierKey.parse(key) for key in manifest.keys]
    except ValueError as refusal:
        raise Flaw(MALFORMED, f"a key in the manifest: {refusal}") from None


def line_of(content: bytes) -> Line:
    """One line."""
    try:
        return read(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Flaw(MALFORMED, f"a line is not one of a bundle: {content[:60]!r}") from None


def leaf_content(line: EventLine) -> LeafContent:
    """What a fact's leaf says."""
    try:
        return read_leaf(line.leaf)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Flaw(MALFORMED, f"the leaf at position {line.position} cannot be read") from None


def digest_of(part: Part) -> str:
    """The digest of a part that is shown."""
    return part_digest(_bytes(part.salt) + part.text.encode()).hex()


def hash_in(text: str) -> bytes:
    """A digest that is written in hexadecimal."""
    found = _bytes(text)
    if len(found) != HASH_BYTES:
        raise Flaw(MALFORMED, f"{text[:80]!r} is no digest")
    return found


def hashes_in(texts: Sequence[str]) -> list[bytes]:
    """The same of several, such as a path."""
    return [hash_in(one) for one in texts]


def _bytes(text: str) -> bytes:
    try:
        if text != text.lower() or " " in text:
            raise ValueError
        return bytes.fromhex(text)
    except ValueError:
        raise Flaw(MALFORMED, f"{text[:80]!r} is not hexadecimal") from None
