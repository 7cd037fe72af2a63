"""A PostgreSQL and its synchronous standby, which can take its place. Both durable, each behind a socket of its own."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from service.postgres import APP_ROLE, DATABASE, OWNER_ROLE, pidfile
from service.postgres.cluster import PORT, Cluster
from service.postgres.programs import find_programs, unprivileged, within_reach
from tests.conftest import Server

NAME = "standby"
DEADLINE_S = 60.0


class Pair:
    """A primary, and a standby that has every commit on its disk before the primary's client is told of it."""

    def __init__(self, data: Path, standby: Path) -> None:
        self._primary = Cluster(data, find_programs())
        self._primary.start()
        self._primary.wait()
        self._copy(standby)
        self._standby = Cluster(standby, find_programs())
        self._standby.start()
        self._follow()
        folders = [self._primary.socket_folder, self._standby.socket_folder]
        several = {"host": ",".join(map(str, folders)), "port": f"{PORT},{PORT}", "target_session_attrs": "read-write"}
        self.app = make_conninfo(user=APP_ROLE, dbname=DATABASE, **several)
        self.owner = make_conninfo(user=OWNER_ROLE, dbname=DATABASE, **several)
        self.promoted = Server(self._standby.socket_folder).address(APP_ROLE, DATABASE)

    def _copy(self, standby: Path) -> None:
        """What `pg_basebackup` makes of the primary: a folder that begins as its standby."""
        home = standby / "postgres"
        home.mkdir(mode=0o700, parents=True)
        account = unprivileged(self._primary.place)
        if account:
            os.chown(home, account.uid, account.gid)
        reached = make_conninfo(Server(self._primary.socket_folder).superuser, dbname="", application_name=NAME)
        program = within_reach(find_programs(), account).path("pg_basebackup")
        arguments = ["--write-recovery-conf", "--checkpoint=fast", "--pgdata", str(home), "--dbname", reached]
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
            cwd="/",
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        assert done.returncode == 0, done.stderr

    def _follow(self) -> None:
        """Return when the standby follows and the primary waits for it."""
        with psycopg.connect(Server(self._primary.socket_folder).superuser, autocommit=True) as connection:
            connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{NAME}'")
            connection.execute("SELECT pg_reload_conf()")
            end = time.monotonic() + DEADLINE_S
            state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = %s"
            while connection.execute(state, (NAME,)).fetchall() != [("sync",)]:
                assert time.monotonic() < end, "the standby does not follow"
                time.sleep(0.05)

    def kill_primary(self) -> None:
        """As if its machine had gone: it does not come back."""
        found = pidfile.read(self._primary.home)
        assert found is not None
        os.kill(found.pid, signal.SIGKILL)

    def promote(self) -> None:
        with psycopg.connect(Server(self._standby.socket_folder).superuser, autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)

    def stop(self) -> None:
        self._standby.stop()
        self._primary.stop()


@contextmanager
def replicated(data: Path, standby: Path) -> Iterator[Pair]:
    pair = Pair(data, standby)
    try:
        yield pair
    finally:
        pair.stop()
        shutil.rmtree(standby, ignore_errors=True)
