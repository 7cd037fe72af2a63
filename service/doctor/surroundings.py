"""What the service needs on its own machine: the data folder, room on its disk, the journal of erasures, backups."""

import os
import shutil
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from service.backup.manifest import newest
from service.doctor.finding import Finding, fault, ok, skipped, warning
from service.faults import StartRefusal
from service.ledger.erasing.journal import ErasureJournal
from service.settings import Settings

# PostgreSQL stops, and takes a while to come back, when the disk is full: one write-ahead segment is 16 MB.
FREE_BYTES_MIN = 256 * 1024**2
# Room for a backup beside the data and for the log's growth until somebody reads the warning.
FREE_SHARE_LOW = 0.1
# A day's backup that is half a day late.
BACKUP_AGE_MAX_H = 36
SECRETS = ("master.key", "owner.key")


def data_folder(settings: Settings) -> Iterator[Finding]:
    """The folder, who may read its secrets, and how much room there is."""
    if not settings.data.is_dir():
        yield warning("data folder", f"{settings.data} is not there yet.", "`throughline serve` makes it.")
        return
    if not os.access(settings.data, os.W_OK | os.X_OK):
        remedy = f"Give it to the account that runs the service: chown -R ... {settings.data}"
        yield fault("data folder", f"{settings.data} cannot be written to.", remedy)
    for name in SECRETS:
        path = settings.data / name
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield fault("data folder", f"{path} can be read by others on this machine.", f"chmod 600 {path}")
    yield room(settings.data)


def room(folder: Path) -> Finding:
    """Whether the disk of a folder has room."""
    usage = shutil.disk_usage(folder)
    said = f"{usage.free / 1024**3:.1f} of {usage.total / 1024**3:.1f} GiB are free on the disk of {folder}."
    remedy = "Make room or move the folder to a larger disk: a full disk stops all recording."
    if usage.free < FREE_BYTES_MIN:
        return fault("disk", said, remedy)
    if usage.free < FREE_SHARE_LOW * usage.total:
        return warning("disk", said, remedy)
    return ok("disk", said)


def journal(settings: Settings) -> Finding:
    """Whether erasures outlive the restoring of a backup."""
    if settings.erasure_journal is None:
        return warning(
            "erasure journal",
            "There is none: a restored backup would hold again what was erased since.",
            "Set THROUGHLINE_ERASURE_JOURNAL to a folder on another disk.",
        )
    kept = ErasureJournal(settings.erasure_journal)
    try:
        kept.demand_writable()
        return ok("erasure journal", f"{len(kept.entries())} erasures are noted in {settings.erasure_journal}.")
    except StartRefusal as refusal:
        return fault("erasure journal", str(refusal), "Mend the file or the folder's rights: erasing needs it.")


def backups(settings: Settings, now: datetime) -> Finding:
    """How old the newest backup is, where `throughline backup` puts them."""
    if settings.backups is None:
        return skipped("backups", "THROUGHLINE_BACKUPS is not set, so that their age is not known here.")
    remedy = "Run `throughline backup`, and let a timer run it every day."
    found = newest(settings.backups)
    if found is None:
        return warning("backups", f"There is none in {settings.backups}.", remedy)
    hours = (now - found.taken_at).total_seconds() / 3_600
    said = f"The newest is {hours:.0f} hours old and holds {found.facts} facts."
    return ok("backups", said) if hours <= BACKUP_AGE_MAX_H else warning("backups", said, remedy)
