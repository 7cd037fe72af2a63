"""Two processes are restarted one after the other, and whoever tries the other one loses no call."""

import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.conftest import Database
from tests.faults.conftest import noted
from tests.faults.history import History, check, stored
from tests.running import Running, started

CLIENTS = 6
PAUSE_S = 0.5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Caller:
    """A client behind a proxy: what one process does not take goes to the other, with the same event id."""

    def __init__(self, urls: list[str], key: str, path: str) -> None:
        self.statuses: list[int] = []
        self.unserved = 0
        self._urls = urls
        self._path = path
        self._key = key

    def work(self, stop: threading.Event) -> None:
        with httpx.Client(headers={"Authorization": f"Bearer {self._key}"}, timeout=10, trust_env=False) as http:
            turn = 0
            while not stop.is_set():
                body = noted()
                for attempt in range(len(self._urls)):
                    try:
                        url = self._urls[(turn + attempt) % len(self._urls)]
                        self.statuses.append(http.post(f"{url}{self._path}", json=body).status_code)
                        break
                    except httpx.TransportError:
                        continue
                else:
                    self.unserved += 1
                turn += 1


@pytest.mark.slow
def test_restarting_one_process_after_the_other_loses_no_call(folder: Path, database: Database) -> None:
    ports = [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    addresses = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}
    with ExitStack() as stack:

        def start(number: int) -> Running:
            environment = addresses | {"THROUGHLINE_PORT": str(ports[number])}
            return stack.enter_context(started(folder / f"data{number}", environment))

        running = [start(0), start(1)]
        key = running[0].owner_key
        opening = {"facts": [{"type": "deal.opened", "data": {"title": "Depots"}}]}
        opened = httpx.post(f"{urls[0]}/v1/deals", headers={"Authorization": f"Bearer {key}"}, json=opening)
        callers = [Caller(urls, key, f"{opened.headers['Location']}/events") for _ in range(CLIENTS)]
        stop = threading.Event()
        threads = [threading.Thread(target=caller.work, args=(stop,)) for caller in callers]
        for thread in threads:
            thread.start()
        try:
            for number in (0, 1):
                time.sleep(PAUSE_S)
                assert running[number].stop() == 0
                running[number] = start(number)
            time.sleep(PAUSE_S)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    statuses = [status for caller in callers for status in caller.statuses]
    assert sum(caller.unserved for caller in callers) == 0
    assert len(statuses) > 50
    assert set(statuses) <= {200, 201}, set(statuses)
    rows = stored(database.app)
    check(History(), rows)
    assert sum(row["type"] == "note.recorded" for row in rows) == len(statuses)
