"""Signed notes (C2SP signed-note) with Ed25519: text, blank line, signatures by name. What a text says is not read."""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

ED25519 = b"\x01"
PUBLIC_KEY_BYTES = 32
# The specification asks verifiers to take at least 16; nobody needs many more.
SIGNATURES_MAX = 64

_KEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")


class NotSigned(Exception):
    """A note that is malformed, or that none of the given keys signed, or that one of them did not sign as it says."""


class VerifierKey(Struct, frozen=True):
    """A name and a public key: what a verifier must know beforehand."""

    name: str
    public_key: bytes

    @property
    def id(self) -> bytes:
        """The first 4 bytes of SHA-256 over name, newline, type and key."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    @property
    def text(self) -> str:
        """`name+id+key`, as it is published."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(ED25519 + self.public_key).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """The key of such a text; raises ValueError."""
        match = _KEY.fullmatch(text)
        if match is None:
            raise ValueError("a verification key reads name+id+base64")
        try:
            typed = base64.b64decode(match[3], validate=True)
        except binascii.Error:
            raise ValueError("the last part of a verification key is base64") from None
        if typed[:1] != ED25519 or len(typed) != 1 + PUBLIC_KEY_BYTES:
            raise ValueError("only Ed25519 keys are taken")
        key = cls(match[1], typed[1:])
        if key.id.hex() != match[2]:
            raise ValueError("the id of this verification key is not that of its name and key")
        return key


class Signer:
    """A name and a private key."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._key.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line under a note's text."""
        signed = self.verifier.id + self._key.sign(text.encode())
        return f"— {self.verifier.name} {base64.b64encode(signed).decode()}\n"


def sign(text: str, signers: Iterable[Signer]) -> str:
    """The note: `text`, which ends with a newline, signed by each signer in turn."""
    return text + "\n" + "".join(signer.line(text) for signer in signers)


def open_note(note: str, keys: Sequence[VerifierKey]) -> tuple[str, list[VerifierKey]]:
    """A note's text and those of the keys that signed it. Unknown signatures are passed over.

    Raises `NotSigned` when there is no known one, or when a known one is wrong.
    """
    text, blank, lines = note.rpartition("\n\n")
    if not blank or not lines.endswith("\n") or any(ord(one) < 0x20 and one != "\n" for one in note):
        raise NotSigned("it is no signed note")
    text += "\n"
    signed: list[VerifierKey] = []
    found = lines[:-1].split("\n")
    if len(found) > SIGNATURES_MAX:
        raise NotSigned(f"it has more than {SIGNATURES_MAX} signatures")
    for line in found:
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise NotSigned("one of its signatures is malformed")
        try:
            blob = base64.b64decode(match[2], validate=True)
        except binascii.Error:
            raise NotSigned("one of its signatures is not base64") from None
        for key in keys:
            if key.name == match[1] and key.id == blob[:4]:
                try:
                    Ed25519PublicKey.from_public_bytes(key.public_key).verify(blob[4:], text.encode())
                except (InvalidSignature, ValueError):
                    raise NotSigned(f"its signature by {key.name} is not that of its text") from None
                signed.append(key)
    if not signed:
        raise NotSigned("none of the keys signed it")
    return text, signed
