"""Locks that the system frees when their holders end: one service per data folder, one server per cluster. No more."""

import fcntl
import os
from pathlib import Path

from service.faults import DataFolderInUse, StartRefusal


class FolderLock:
    """Held from construction to `release` or the end of the process. Raises `DataFolderInUse` when another has it."""

    def __init__(self, data: Path, purpose: str) -> None:
        try:
            if not data.exists():
                data.mkdir(parents=True)
                # As root the server's own account must pass through, whatever the umask; what is inside is closed.
                data.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self._file = (data / "lock").open("a+")
        except OSError as fault:
            raise StartRefusal(
                f"The data folder {data} cannot be used ({fault.strerror}): name one that this account can write to in "
                "THROUGHLINE_DATA."
            ) from fault
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read(200).strip() or "another program"
            self._file.close()
            raise DataFolderInUse(
                f"The data folder {data} is in use by {holder}: stop that first, or name another "
                "folder in THROUGHLINE_DATA."
            ) from None
        self._file.truncate(0)
        self._file.write(f"throughline {purpose} (process {os.getpid()})")
        self._file.flush()

    def release(self) -> None:
        self._file.close()


class ServerLock:
    """Held by a server's processes, all of them, through a descriptor they inherit: free means that none is left.

    A process id in a file tells less: it may be of a server that is just being started, or long since of somebody else.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, mode=0o600)

    def taken(self) -> bool:
        """Whether it could be taken now; then whoever inherits the descriptor keeps it."""
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        os.close(self.descriptor)
