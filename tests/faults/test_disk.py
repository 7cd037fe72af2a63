"""The disk of the database fills up under load: writers are told to wait, nothing is there in part, and it recovers."""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from io import FileIO
from pathlib import Path

import psycopg
import pytest

from service.postgres import APP_ROLE
from service.postgres.cluster import SUPERUSER
from service.postgres.programs import unprivileged
from tests.faults.conftest import Connect, eventually, ready
from tests.faults.history import History, check, stored
from tests.faults.load import busy_clients
from tests.faults.replay import assert_rows_equal_a_replay, master_key
from tests.faults.test_killed import address
from tests.running import Start

DISK_MB = 192
SEGMENTS_MAX = 50  # of 16 MB each: more than the disk could ever hold
FULL_S = 6.0
BACK_DEADLINE_S = 30.0
CLEAR = {200, 201, 409}


class Disk:
    """A disk in memory that holds a service's cluster and nothing else."""

    def __init__(self, place: Path) -> None:
        self._ballast = place / "ballast"

    def fill(self) -> int:
        """Take all that is left; how many bytes that was."""
        with self._ballast.open("ab", buffering=0) as ballast:
            while _took(ballast, bytes(64 * 1024)):
                pass
        return self._ballast.stat().st_size

    def clear(self) -> None:
        self._ballast.unlink()


def _took(ballast: FileIO, more: bytes) -> bool:
    try:
        ballast.write(more)
    except OSError as full:
        if full.errno != errno.ENOSPC:
            raise
        return False
    return True


@pytest.fixture
def disk(data: Path) -> Iterator[Disk]:
    """The cluster of `data`, moved to a small disk."""
    place, kept = data / "postgres", data / "postgres.kept"
    account = unprivileged(place)
    place.rename(kept)
    place.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=0700", "tmpfs", place], capture_output=True, check=False
    )
    if os.geteuid() != 0 or mounted.returncode != 0:
        place.rmdir()
        pytest.skip("a small disk can only be mounted by root, where mounting is allowed")
    try:
        if account:
            os.chown(place, account.uid, account.gid)
        subprocess.run(["cp", "-a", f"{kept}/.", place], check=True)
        shutil.rmtree(kept)
        yield Disk(place)
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def use_up_the_log(superuser: str) -> None:
    """Go on to another segment of PostgreSQL's own log until there is no room for one: then it stops itself."""
    with pytest.raises(psycopg.OperationalError):  # noqa: PT012  # which of them finds no room is not known
        for _ in range(SEGMENTS_MAX):
            with psycopg.connect(superuser, autocommit=True, connect_timeout=2) as connection:
                connection.execute("SELECT pg_logical_emit_message(true, 'full', 'x')")
                connection.execute("SELECT pg_switch_wal()")


@pytest.mark.slow
def test_F25_with_the_disk_full_writers_are_told_to_wait_and_nothing_is_there_in_part(
    data: Path, disk: Disk, service_process: Start, connect: Connect
) -> None:
    service, history, streams = service_process(data), History(), list[str]()
    with busy_clients([service.url], service.owner_key, history, streams):
        time.sleep(1)
        taken = disk.fill()
        filled = time.monotonic()
        time.sleep(FULL_S / 2)
        use_up_the_log(address(service, SUPERUSER))
        time.sleep(FULL_S / 2)
        told = [write for write in history.writes if write.sent > filled]
        disk.clear()
        cleared = time.monotonic()
        eventually(lambda: ready(service), BACK_DEADLINE_S)
        before = len(history.told("ok"))
        eventually(lambda: len(history.told("ok")) > before + 50, BACK_DEADLINE_S)
        back_s = time.monotonic() - cleared
    assert service.process.poll() is None
    statuses = {write.status for write in told}
    print(f"{taken} bytes taken, {len(told)} writes meanwhile: {statuses}; 50 more after {back_s:.1f} s")  # noqa: T201
    assert 503 in statuses, "the disk was not full enough to matter"
    assert {write.status for write in history.writes} <= CLEAR | {503, None}
    client = connect(service)
    for write in history.told("unknown"):
        client.settle(write)
        assert write.status in CLEAR, write
    dsn = address(service, APP_ROLE)
    check(history, stored(dsn))
    assert_rows_equal_a_replay(dsn, master_key(service.data))
