"""A follower as a test has one: it reads server-sent events in a thread of its own and keeps them."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlsplit

DEADLINE_S = 20.0


class Event(NamedTuple):
    """One event as it came: its kind is `message` when none was said. `at` in monotonic seconds."""

    id: int | None
    kind: str
    data: Any
    at: float


class Listener:
    """One connection to the feed. `ended` is set once the service has ended it, or it was lost."""

    def __init__(self, url: str, headers: Mapping[str, str], query: str = "", last_id: int | None = None) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=DEADLINE_S)
        sent = {"Accept": "text/event-stream", **headers}
        if last_id is not None:
            sent["Last-Event-ID"] = str(last_id)
        self._connection.request("GET", f"/v1/events{query}", headers=sent)
        self.answer: HTTPResponse = self._connection.getresponse()
        self.events: list[Event] = []
        self.last_id = last_id
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._read, name="listener")
        self._thread.start()

    @property
    def facts(self) -> list[Any]:
        return [event.data for event in self.events if event.kind == "message"]

    @property
    def resets(self) -> list[Any]:
        return [event.data for event in self.events if event.kind == "reset"]

    def until(self, holds: Callable[["Listener"], bool], deadline_s: float = DEADLINE_S) -> None:
        """Wait until it holds of what has come."""
        end = time.monotonic() + deadline_s
        while not holds(self):
            assert time.monotonic() < end, f"it did not come in time; last: {self.events[-3:]}"
            time.sleep(0.005)

    def close(self) -> None:
        """Go away, without a word."""
        with suppress(OSError):
            if self._connection.sock is not None:
                self._connection.sock.shutdown(2)
        self._thread.join(DEADLINE_S)
        self.answer.close()
        self._connection.close()

    def _read(self) -> None:
        name: dict[str, str] = {}
        with suppress(OSError, HTTPException, ValueError):
            while line := self.answer.readline():
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field:
                    name[field] = value
                elif name:
                    self._take(name)
                    name = {}
        self.ended.set()

    def _take(self, said: dict[str, str]) -> None:
        if "id" in said:
            self.last_id = int(said["id"])
        if "data" in said:
            identified = int(said["id"]) if "id" in said else None
            event = Event(identified, said.get("event", "message"), json.loads(said["data"]), time.monotonic())
            self.events.append(event)


@contextmanager
def listening(url: str, headers: Mapping[str, str], query: str = "", last_id: int | None = None) -> Iterator[Listener]:
    """A listener for the while."""
    listener = Listener(url, headers, query, last_id)
    try:
        yield listener
    finally:
        listener.close()
