"""What a backup says of itself: when it was taken, of what, and how large each log was. Holds no content and no key."""

from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import Struct

from service.faults import StartRefusal

DUMP, MANIFEST = "database.dump", "manifest.json"
READ_BYTES = 1024 * 1024


class Log(Struct, frozen=True):
    """A workspace's log when the backup began: at least these facts are in it, and what was signed for them."""

    workspace_id: UUID
    size: int
    checkpoint: str | None


class Manifest(Struct, frozen=True):
    """`sha256` is of the dump, `migrations` how many the schema had, `version` that of the program."""

    taken_at: datetime
    version: str
    migrations: int
    sha256: str
    logs: list[Log]

    @property
    def facts(self) -> int:
        return sum(log.size for log in self.logs)


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes a folder with a dump a backup."""
    partial = folder / f"{MANIFEST}.making"
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    partial.rename(folder / MANIFEST)


def read(folder: Path) -> Manifest:
    """The manifest of a backup; raises `StartRefusal` when the folder is none."""
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except OSError:
        raise StartRefusal(f"{folder} is no backup: it has no {MANIFEST} that can be read.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise StartRefusal(f"{folder / MANIFEST} is not as `throughline backup` writes it.") from None


def newest(folder: Path) -> Manifest | None:
    """The newest of the backups in a folder, or None."""
    found = []
    for place in folder.glob(f"*/{MANIFEST}"):
        try:
            found.append(read(place.parent))
        except StartRefusal:
            continue
    return max(found, key=lambda one: one.taken_at, default=None)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    hashed = sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            hashed.update(piece)
    return hashed.hexdigest()
