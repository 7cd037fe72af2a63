"""One cluster on disk and the server process on it: make, start, stop. Knows no roles, no schema and no supervision."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from service.faults import ServerGivingUp, StartRefusal
from service.postgres import pidfile
from service.postgres.lock import ServerLock
from service.postgres.programs import PROGRAM_DEADLINE_S, SHARED_HOME, Programs, unprivileged, within_reach

SUPERUSER = "postgres"
PORT = 5432
"""Only names the socket file: no TCP port is opened."""

SOCKET_PATH_BYTES_MAX = 107
"""sun_path of Linux holds 108 bytes with the closing zero."""

START_DEADLINE_S = 60.0
"""Crash recovery replays at most max_wal_size (1 GB) of log."""

LAST_SERVER_DEADLINE_S = 30.0
"""Processes of a killed server notice it within moments; a server whose service was killed stops or is stopped."""

LOG_BYTES_MAX = 5 * 1024 * 1024
"""Beyond this the server's log moves to postgres.log.1 at the next start, so that two of these are the most kept."""

OPTIONS = {
    "listen_addresses": "",  # the socket only
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",  # a service's pool, commands beside it, and room for an operator
    "shared_buffers": "128MB",
    "jit": "off",  # our statements are short; compiling them costs more than running them
    "synchronous_commit": "on",
    "wal_level": "replica",  # pg_basebackup works
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "lc_messages": "C",  # the log is read by this module
}


class Cluster:
    """The cluster of a data folder. The caller holds the folder's lock."""

    def __init__(self, data: Path, programs: Programs) -> None:
        self.place = data / "postgres"
        self.log = data / "postgres.log"
        self._account = unprivileged(self.place)
        self._programs = within_reach(programs, self._account)
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    @property
    def home(self) -> Path:
        return self.place.resolve()

    def make(self) -> None:
        """Initialise the cluster when there is none; a half-made one of an earlier start is thrown away."""
        if not self.place.is_dir():
            if self.place.is_symlink():
                raise StartRefusal(
                    f"{self.place} leads to {self.place.readlink()}, which is gone: bring it back, or remove the link "
                    "to begin with an empty database."
                )
            self._initialise()
        version = (self.home / "PG_VERSION").read_text().strip()
        if version != str(self._programs.major):
            raise StartRefusal(
                f"{self.place} was made by PostgreSQL {version} and this is PostgreSQL {self._programs.major}: install "
                f"version {version} again, or carry the cluster over with pg_upgrade."
            )
        if self._account and (closed := self._account.blocked_at(self.home)):
            raise StartRefusal(
                f"PostgreSQL runs as {self._account.name} here and cannot enter {closed} on the way to {self.home}: "
                "move the data folder back to where it was made, or open that folder to it (chmod o+x)."
            )

    def start(self) -> None:
        """Launch the server and return at once; `wait` tells when it takes connections."""
        lock = self._alone()
        pidfile.clear(self.home, keep=self._socket_folder)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MAX:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._socket_folder = self._socket_folder or self._choose_socket_folder()
        options = {**OPTIONS, "unix_socket_directories": str(self._socket_folder)}
        identity = (self._account.uid, self._account.gid) if self._account else (-1, -1)
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("child.py")), str(os.getpid())]
        command += [str(number) for number in identity]
        command += [self._programs.path("postgres"), "-D", str(self.home)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with _private(self.log) as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=_environment(),
                pass_fds=[lock.descriptor],
                start_new_session=True,  # Ctrl-C in a terminal is for the service, which lets its answers out first
            )
        lock.close()  # the server has it now

    def wait(self) -> None:
        """Return when the server takes connections."""
        end = time.monotonic() + START_DEADLINE_S
        while True:
            process = self._running()
            found = pidfile.read(self.home)
            if found and found.ready and found.pid == process.pid:
                return
            if process.poll() is not None:
                said = self._log_tail() or "nothing"
                raise ServerGivingUp(f"PostgreSQL did not start; {self.log} ends with: {said}")
            if time.monotonic() > end:
                raise ServerGivingUp(f"PostgreSQL took no connections within {START_DEADLINE_S:.0f} s; see {self.log}.")
            time.sleep(pidfile.POLL_S)

    def wait_for_end(self) -> int:
        """Block until the server process ends by whatever cause; its exit code."""
        return self._running().wait()

    def stop(self, *, let_sessions_end_s: float = 0.0) -> None:
        """Stop the server cleanly; with a time, other programs' sessions may first come to their own end."""
        process, self._process = self._process, None
        if process is not None:
            steps = [(signal.SIGINT, pidfile.FAST_STOP_DEADLINE_S), (signal.SIGQUIT, pidfile.HARD_STOP_DEADLINE_S)]
            if let_sessions_end_s:
                steps.insert(0, (signal.SIGTERM, let_sessions_end_s))  # PostgreSQL's smart shutdown
            for number, deadline_s in steps:
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(deadline_s)
                    break
            else:
                process.kill()
                process.wait()
        if self._socket_folder and self._socket_folder != self.home:
            shutil.rmtree(self._socket_folder, ignore_errors=True)
        self._socket_folder = None

    @property
    def socket_folder(self) -> Path:
        assert self._socket_folder is not None, "asked before start"  # a slip of ours, not of the caller
        return self._socket_folder

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise ServerGivingUp("PostgreSQL was stopped.")
        return self._process

    def _initialise(self) -> None:
        making = self.place.with_name("postgres.making")
        if making.is_symlink():
            shutil.rmtree(making.resolve(), ignore_errors=True)
            making.unlink()
        shutil.rmtree(making, ignore_errors=True)
        if self._account and self._account.blocked_at(self.place):
            # Root's data folder is closed to the server's account, and its parents are not ours to open.
            making.symlink_to(self._shared_place())
        else:
            making.mkdir(mode=0o700)
        home = making.resolve()
        if self._account:
            os.chown(home, self._account.uid, self._account.gid)
        self._run_initdb(home)
        making.rename(self.place)

    def _shared_place(self) -> Path:
        place = SHARED_HOME / f"cluster-{secrets.token_hex(4)}"
        place.mkdir(mode=0o700, parents=True)
        SHARED_HOME.chmod(0o755)
        return place

    def _run_initdb(self, home: Path) -> None:
        locale = ["--locale=C.UTF-8"]
        if self._programs.major >= 17:  # the same order of characters on every machine, whatever its libc
            locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [self._programs.path("initdb"), "-D", str(home), "-U", SUPERUSER, "-E", "UTF8", "--data-checksums"]
        # Whoever gets to the socket has passed its folder, which only the server's account and root can enter.
        command += [*locale, "--auth-local=trust", "--auth-host=reject"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PROGRAM_DEADLINE_S,
            check=False,
            cwd="/",
            env=_environment(),
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
        )
        if done.returncode != 0:
            raise StartRefusal(f"initdb could not make {home}: {_last_lines(done.stderr or done.stdout)}")

    def _alone(self) -> ServerLock:
        """Wait until no process of an earlier server is left on this cluster; one that stays is stopped."""
        lock = ServerLock(self.log.with_name("postgres.lock"))
        end = time.monotonic() + LAST_SERVER_DEADLINE_S
        while not lock.taken():
            pid = pidfile.claimed_pid(self.home)
            if pid is not None and pidfile.serves(pid, self.home):
                pidfile.stop(pid, self.home)
            elif time.monotonic() > end:
                lock.close()
                raise ServerGivingUp(f"Processes of an earlier PostgreSQL on {self.home} do not end: end them by hand.")
            time.sleep(pidfile.POLL_S)
        return lock

    def _choose_socket_folder(self) -> Path:
        name = f"/.s.PGSQL.{PORT}"
        if len(os.fsencode(str(self.home) + name)) <= SOCKET_PATH_BYTES_MAX:
            return self.home
        folder = Path(tempfile.mkdtemp(prefix=pidfile.SOCKET_FOLDER_PREFIX))
        if len(os.fsencode(str(folder) + name)) > SOCKET_PATH_BYTES_MAX:
            folder.rmdir()
            folder = Path(tempfile.mkdtemp(prefix=pidfile.SOCKET_FOLDER_PREFIX, dir="/tmp"))  # private and unguessable
        if self._account:
            os.chown(folder, self._account.uid, self._account.gid)
        return folder

    def _log_tail(self) -> str:
        with self.log.open("rb") as log:
            log.seek(self._log_start)
            return _last_lines(log.read(64 * 1024).decode(errors="replace"))


def _private(log: Path) -> BinaryIO:
    """The log repeats statements that failed, so that it is for the owner of the folder only."""
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, mode=0o600), "ab")


def _environment() -> dict[str, str]:
    """Ours without PG* and locale settings, which the server's programs would take as their own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def _last_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-3:])
