"""`throughline serve` as whoever runs it meets it: what it prints, how it stops, and what it survives."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psycopg
import pytest

from service.postgres import pidfile
from tests.conftest import Database
from tests.running import ROOT, Running, Start, command, environment_of


def postmaster(data: Path) -> int:
    found = pidfile.read((data / "postgres").resolve())
    assert found is not None
    return found.pid


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int, deadline_s: float = 15) -> bool:
    end = time.monotonic() + deadline_s
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not alive(pid)


def me(service: Running) -> httpx.Response:
    return httpx.get(f"{service.url}/v1/me", headers=service.headers, timeout=10)


def test_the_first_start_prints_a_key_and_a_line_that_works_when_pasted(folder: Path, service_process: Start) -> None:
    service = service_process(folder / "data")
    (line,) = re.findall(r"^\s*(curl -s .*)$", service.output, re.MULTILINE)
    shown = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=20)
    assert shown.stdout == me(service).text
    assert service.owner_key in line
    assert stat.S_IMODE((service.data / "owner.key").stat().st_mode) == 0o600


def test_the_second_start_finds_its_data_and_prints_no_key(folder: Path, data: Path, service_process: Start) -> None:
    first = service_process(data)
    before = me(first).json()
    assert first.stop() == 0
    second = service_process(data)
    assert me(second).json() == before
    assert second.owner_key not in second.output
    (line,) = re.findall(r"^\s*(curl -s .*)$", second.output, re.MULTILINE)
    shown = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, cwd=folder, timeout=20)
    assert shown.stdout == me(second).text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_both_cleanly(data: Path, service_process: Start, number: signal.Signals) -> None:
    service = service_process(data)
    server = postmaster(service.data)
    service.process.send_signal(number)
    assert service.process.wait(20) == 0
    assert not alive(server)
    assert "database system is shut down" in (service.data / "postgres.log").read_text()
    assert not (service.data / "postgres" / "postmaster.pid").exists()


def test_a_stop_signal_while_starting_ends_cleanly_too(folder: Path) -> None:
    serve = [sys.executable, "-m", "service", "serve"]
    process = subprocess.Popen(serve, env=environment_of(folder / "data", {}), cwd=ROOT, stdout=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while not (folder / "data" / "postgres.log").exists() and time.monotonic() < end:
        time.sleep(0.005)
    process.terminate()
    assert process.wait(20) == 0
    found = pidfile.read(folder / "data" / "postgres")
    assert found is None or gone(found.pid)


LOST = """
import contextlib, os, signal
from service import serve
from service.settings import read_settings

prepare = serve.prepare_own

def interrupted(*given):
    with contextlib.suppress(SystemExit):
        os.kill(os.getpid(), signal.SIGTERM)
    return prepare(*given)

serve.prepare_own = interrupted
serve.serve(read_settings(os.environ))
"""


def test_a_stop_signal_is_remembered_where_python_forgets_the_interruption(data: Path) -> None:
    """As it does when one comes while an object is being tidied up."""
    ended = _ended(LOST, data)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert (data / "postgres.log").read_text().count("database system is shut down")


GIVEN_UP = """
import os
from service import serve
from service.settings import read_settings

serve.OwnPostgres.watch = lambda self, give_up: give_up("PostgreSQL stayed away.")
serve.serve(read_settings(os.environ))
"""


def test_a_database_that_is_given_up_before_anybody_is_served_is_no_clean_end(data: Path) -> None:
    ended = _ended(GIVEN_UP, data)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == "service.faults.StartRefusal: PostgreSQL stayed away."


def _ended(program: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env=environment_of(data, {}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_after_a_killed_service_the_next_start_recovers(data: Path, service_process: Start) -> None:
    first = service_process(data)
    before, server = me(first).json(), postmaster(first.data)
    first.kill()
    second = service_process(data)  # at once: PostgreSQL may still be on its way down
    assert me(second).json() == before
    assert gone(server)


def test_a_killed_service_takes_its_postgresql_along(data: Path, service_process: Start) -> None:
    service = service_process(data)
    server = postmaster(service.data)
    service.kill()
    assert gone(server)


def test_after_both_are_killed_the_next_start_recovers(data: Path, service_process: Start) -> None:
    first = service_process(data)
    before = me(first).json()
    os.kill(postmaster(first.data), signal.SIGKILL)
    first.kill()
    assert me(service_process(data)).json() == before


def test_F3_a_killed_postgresql_is_back_in_seconds_without_a_restart(data: Path, service_process: Start) -> None:
    service = service_process(data)
    before = me(service).json()
    os.kill(postmaster(service.data), signal.SIGKILL)
    began, status = time.monotonic(), 0
    while status != 200:
        assert time.monotonic() - began < 10
        time.sleep(0.05)
        status = httpx.get(f"{service.url}/health/ready", timeout=10).status_code
    assert time.monotonic() - began < 5
    assert me(service).json() == before


def test_a_data_folder_in_use_is_told_and_ends_with_2(data: Path, service_process: Start) -> None:
    service = service_process(data)
    done = command(service.data, "serve")
    assert done.returncode == 2
    assert f"is in use by throughline serve (process {service.process.pid})" in done.stderr
    assert me(service).status_code == 200


def test_a_taken_port_is_told_and_ends_with_2(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command(folder / "data", "serve", environment={"THROUGHLINE_PORT": str(port)})
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 cannot be listened on (Address already in use)" in done.stderr
    assert not (folder / "data").exists()  # told before anything was made


def test_an_address_of_another_machine_is_told_and_ends_with_2(folder: Path) -> None:
    done = command(folder / "data", "serve", environment={"THROUGHLINE_HOST": "192.0.2.1"})
    assert done.returncode == 2
    assert "192.0.2.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_faults_of_the_settings_are_told_and_end_with_2(folder: Path) -> None:
    done = command(
        folder / "data", "serve", environment={"THROUGHLINE_PORT": "x", "THROUGHLINE_PROT": "1", "DATABASE_URL": "::"}
    )
    assert done.returncode == 2
    assert [line.split()[1] for line in done.stderr.splitlines()] == [
        "THROUGHLINE_PROT",
        "THROUGHLINE_PORT",
        "DATABASE_URL",
    ]


def test_a_wrong_master_key_is_told_and_ends_with_2(data: Path, service_process: Start) -> None:
    assert service_process(data).stop() == 0
    (data / "master.key").write_text("A" * 43 + "=\n")
    done = command(data, "serve")
    assert done.returncode == 2
    assert "is not the one this data was sealed with" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_master_key_is_told_and_not_replaced(data: Path, service_process: Start) -> None:
    assert service_process(data).stop() == 0
    (data / "master.key").unlink()
    done = command(data, "serve")
    assert done.returncode == 2
    assert "put it back" in done.stderr
    assert not (data / "master.key").exists()


def test_a_server_by_address_is_served_by_two_processes(
    folder: Path, database: Database, service_process: Start
) -> None:
    first = service_process(folder / "one", database=database)
    second = service_process(folder / "two", database=database)
    key = first.headers
    assert httpx.get(f"{second.url}/v1/me", headers=key).json() == me(first).json()
    assert not (second.data / "owner.key").exists()
    assert "throughline key create" in second.output


def test_F23_what_is_in_flight_is_answered_before_the_end(data: Path, service_process: Start) -> None:
    service = service_process(data)
    answered: list[int] = []
    begun = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=service.url, headers=service.headers, timeout=10) as client:
            try:
                while True:
                    answered.append(client.get("/v1/me").status_code)
                    begun.set()
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError) as cut:
                # Refused, or a kept-alive connection was closed before this request was read: nothing was begun.
                failures.append(cut)

    failures: list[Exception] = []
    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    assert begun.wait(10)
    assert service.stop() == 0
    for client in clients:
        client.join(10)
    assert set(answered) == {200}
    assert not any(isinstance(cut, httpx.RemoteProtocolError) and "incomplete" in str(cut) for cut in failures)


def test_logs_are_one_json_object_a_line(data: Path, service_process: Start) -> None:
    import json

    service = service_process(data)
    os.kill(postmaster(service.data), signal.SIGKILL)
    end = time.monotonic() + 10
    while "PostgreSQL is back" not in service.output and time.monotonic() < end:
        time.sleep(0.05)
    lines = [line for line in service.output.splitlines() if line.startswith("{")]
    assert any(json.loads(line)["message"] == "PostgreSQL is back" for line in lines if "message" in line)


def test_F8_the_next_request_after_all_idle_connections_were_cut_is_answered(
    folder: Path, database: Database, service_process: Start
) -> None:
    service = service_process(folder / "data", database=database)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'throughline_app'")
    assert me(service).status_code == 200
    assert "Traceback" not in service.output


def test_a_key_is_made_beside_the_running_service_and_without_it(data: Path, service_process: Start) -> None:
    service = service_process(data)
    beside = command(data, "key", "create", "--name", "made beside").stdout.strip()
    answer = httpx.get(f"{service.url}/v1/me", headers={"Authorization": f"Bearer {beside}"}, timeout=10)
    assert answer.json()["name"] == "made beside"
    assert service.stop() == 0

    alone = command(data, "key", "create", "--name", "made alone").stdout.strip()
    assert pidfile.read(data / "postgres") is None  # the command's own server went with it
    again = service_process(data)
    answer = httpx.get(f"{again.url}/v1/me", headers={"Authorization": f"Bearer {alone}"}, timeout=10)
    assert answer.json()["name"] == "made alone"
