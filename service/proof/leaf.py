"""The content of a fact's leaf, as docs/log.md defines it: written for proofs, read by verifiers. Pure."""

from datetime import UTC, datetime
from hashlib import sha256

from service.proof.merkle import leaf_hash


def leaf_text(
    stream_id: str,
    version: int,
    previous: bytes,
    recorded_at: datetime,
    envelope: bytes,
    structure: bytes,
    words: bytes | None,
) -> str:
    """The RFC 8785 form whose hash is the leaf; the last three are the digests of the fact's parts."""
    instant = recorded_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return (
        f'{{"envelope":"{envelope.hex()}","previous":"{previous.hex()}","recorded_at":"{instant}",'
        f'"stream_id":"{stream_id}","structure":"{structure.hex()}","version":{version},'
        f'"words":"{(words or b"").hex()}"}}'
    )


def leaf_of(text: str) -> bytes:
    """The leaf of such a text."""
    return leaf_hash(text.encode())


def part_digest(salted: bytes) -> bytes:
    """The digest of a part: SHA-256 over its salt and its canonical form."""
    return sha256(salted).digest()
