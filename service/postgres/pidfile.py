"""Reads PostgreSQL's postmaster.pid and tells a living server from a leftover. Starts and stops nothing by itself."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from service.faults import StartRefusal

FAST_STOP_DEADLINE_S = 20.0
"""A fast shutdown writes one checkpoint; past this the disk is in trouble and recovery at the next start is quicker."""

HARD_STOP_DEADLINE_S = 5.0
"""After SIGQUIT nothing is written any more."""

POLL_S = 0.01

SOCKET_FILES = ".s.PGSQL.*"
SOCKET_FOLDER_PREFIX = "throughline-"


@dataclass(frozen=True)
class Postmaster:
    """What a server writes about itself: its process, the folder of its socket, and whether it takes connections."""

    pid: int
    socket_folder: Path
    ready: bool


def read(cluster: Path) -> Postmaster | None:
    """The server that wrote the file in `cluster`; None when there is no file or it is not written to its end."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return Postmaster(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")
    except (FileNotFoundError, NotADirectoryError, IndexError, ValueError):
        return None


def claimed_pid(cluster: Path) -> int | None:
    """The process named in the first line alone, which is there before the rest."""
    try:
        return abs(int((cluster / "postmaster.pid").read_text().split("\n", 1)[0]))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def serves(pid: int, cluster: Path) -> bool:
    """Whether process `pid` lives and is a server of this cluster, not a stranger who was given the same number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # a server of ours runs under our account or, when we are root, is open to us
    if Path("/proc/self/cwd").exists():
        try:
            return Path(f"/proc/{pid}/cwd").readlink() == cluster.resolve()  # a server works inside its cluster
        except OSError:
            return False
    listing = ["ps", "-o", "command=", "-p", str(pid)]
    shown = subprocess.run(listing, capture_output=True, text=True, check=False, timeout=10)
    return str(cluster.resolve()) in shown.stdout


def clear(cluster: Path, keep: Path | None) -> None:
    """Stop a server that outlived its service, remove the files a dead one left, but for the socket folder `keep`.

    Call with the cluster's lock held.
    """
    pid = claimed_pid(cluster)
    if pid is not None and serves(pid, cluster):
        stop(pid, cluster)
    left = read(cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    # PostgreSQL believes a socket's lock file as long as its process id is anybody's, even a dead one's not yet reaped.
    for folder in {cluster, keep or cluster}:
        for leftover in folder.glob(SOCKET_FILES):
            leftover.unlink(missing_ok=True)
    private = left.socket_folder if left and left.socket_folder.name.startswith(SOCKET_FOLDER_PREFIX) else None
    if private is not None and private not in {cluster, keep}:
        shutil.rmtree(private, ignore_errors=True)


def stop(pid: int, cluster: Path) -> None:
    """End a server that is not our child: cleanly, then at once."""
    for number, deadline_s in ((signal.SIGINT, FAST_STOP_DEADLINE_S), (signal.SIGQUIT, HARD_STOP_DEADLINE_S)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        if gone(pid, cluster, deadline_s):
            return
    raise StartRefusal(f"Process {pid}, a PostgreSQL of {cluster}, does not stop; end it and start again.")


def gone(pid: int, cluster: Path, deadline_s: float) -> bool:
    end = time.monotonic() + deadline_s
    while serves(pid, cluster):
        if time.monotonic() > end:
            return False
        time.sleep(POLL_S)
    return True
