"""The master key: wraps content keys, and proves at start that it is the right one. Content has its own keys."""

import base64
import os
from pathlib import Path
from typing import Any

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.faults import StartRefusal
from service.setting_kinds import MASTER_KEY_BYTES, key_of_base64
from service.settings import Settings

NONCE_BYTES = 12
CHECK_CONTEXT = b"throughline master key check"
CHECK_VALUE = bytes(MASTER_KEY_BYTES)


class WrappedKeyUnreadable(Exception):
    """A wrapped key that this master key did not wrap, or not in this context."""


class MasterKey:
    """AES-256-GCM over 32-byte keys with random nonces, sound for 2^32 wraps (NIST SP 800-38D, section 8.3)."""

    def __init__(self, key: bytes) -> None:
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError(f"a master key has {MASTER_KEY_BYTES} bytes")
        self._cipher = AESGCM(key)
        self._key = key

    def derive(self, purpose: bytes) -> bytes:
        """32 bytes that depend on this key and the purpose (HKDF-SHA256, RFC 5869); the same at every start."""
        return HKDF(algorithm=SHA256(), length=MASTER_KEY_BYTES, salt=None, info=purpose).derive(self._key)

    def wrap(self, key: bytes, context: bytes) -> bytes:
        """60 bytes: nonce, sealed key, tag. `context` is authenticated and must be given again to unwrap."""
        if len(key) != MASTER_KEY_BYTES:
            raise ValueError(f"a content key has {MASTER_KEY_BYTES} bytes")
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The 32 bytes of a wrapped key; raises `WrappedKeyUnreadable`."""
        try:
            return self._cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except (InvalidTag, ValueError) as fault:
            raise WrappedKeyUnreadable("not wrapped by this master key in this context") from fault


def obtain(settings: Settings, connection: psycopg.Connection[Any]) -> MasterKey:
    """The key the settings name, checked against the database; made once where allowed. Raises `StartRefusal`."""
    row = connection.execute("SELECT check_value FROM keyring").fetchone()
    key, origin = _given(settings)
    if key is None:
        if row is not None:
            raise StartRefusal(
                f"The master key file {origin} is missing, and this data was sealed with it: put it back. "
                "Without it nothing can be read, and no other key will do."
            )
        key = _make(Path(origin))
    master_key = MasterKey(key)
    if row is None:
        connection.execute(
            "INSERT INTO keyring (id, check_value) VALUES (1, %s) ON CONFLICT DO NOTHING",
            (master_key.wrap(CHECK_VALUE, CHECK_CONTEXT),),
        )
        row = connection.execute("SELECT check_value FROM keyring").fetchone()
    assert row is not None  # rows of the keyring are never deleted
    try:
        master_key.unwrap(bytes(row[0]), CHECK_CONTEXT)
    except WrappedKeyUnreadable:
        raise StartRefusal(
            f"The master key from {origin} is not the one this data was sealed with: give the key of the first start."
        ) from None
    return master_key


def is_given(settings: Settings) -> bool:
    """Whether the settings name a key that is there. Raises `StartRefusal` when it is there but is none."""
    return _given(settings)[0] is not None


def given(settings: Settings, connection: psycopg.Connection[Any]) -> MasterKey:
    """The key that the settings name, when the database was sealed with it; makes nothing. Raises `StartRefusal`."""
    key, origin = _given(settings)
    if key is None:
        raise StartRefusal(f"The master key file {origin} is missing.")
    master_key = MasterKey(key)
    row = connection.execute("SELECT check_value FROM keyring").fetchone()
    if row is None:
        raise StartRefusal("The database was never used with any master key.")
    try:
        master_key.unwrap(bytes(row[0]), CHECK_CONTEXT)
    except WrappedKeyUnreadable:
        raise StartRefusal(f"The master key from {origin} is not the one this data was sealed with.") from None
    return master_key


def _given(settings: Settings) -> tuple[bytes | None, str]:
    """The key and where it is from; no key when the file that we may make is not there yet."""
    if settings.master_key is not None:
        return settings.master_key, "THROUGHLINE_MASTER_KEY"
    path = settings.master_key_file or settings.data / "master.key"
    try:
        return key_of_base64(path.read_text()), str(path)
    except FileNotFoundError:
        if settings.master_key_file is None:
            return None, str(path)
        raise StartRefusal(f"THROUGHLINE_MASTER_KEY_FILE names {path}, which does not exist.") from None
    except OSError as fault:
        raise StartRefusal(f"The master key file {path} cannot be read: {fault.strerror}.") from fault
    except ValueError:  # not UTF-8 included
        raise StartRefusal(
            f"The master key file {path} must hold 32 bytes as base64, such as `openssl rand -base64 32` prints."
        ) from None


def _make(path: Path) -> bytes:
    """A new key, on the disk for certain before anything is sealed with it."""
    key = os.urandom(MASTER_KEY_BYTES)
    partial = path.with_suffix(".key.making")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600), "wb") as file:
        file.write(base64.b64encode(key) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return key
