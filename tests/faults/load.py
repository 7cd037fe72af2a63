"""Clients that write and read over HTTP and note what they were told. They judge nothing: `history` does."""

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.faults.history import History, Read, Write

Fact = dict[str, Any]

# Longer than any answer that the service promises; what takes more is counted as unanswered.
ANSWER_DEADLINE_S = 15.0
# Of one test, all its clients together.
REQUESTS_MAX = 2_000
JOIN_DEADLINE_S = 30.0
# A client that is told to come back later does, though sooner than it was told.
PATIENCE_S = 0.1


class NotSentError(Exception):
    """Nobody listens there: nothing of the request left."""


class CutOffError(Exception):
    """The request was sent, and the connection ended before the answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """One keep-alive connection of somebody with a key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_DEADLINE_S)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One exchange. Raises `NotSentError` or `CutOffError`."""
        if self._connection.sock is None:
            try:
                self._connection.connect()
            except OSError as fault:
                raise NotSentError from fault
        sent = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, sent, {**self._headers, **headers})
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as fault:
            self._connection.close()
            raise CutOffError from fault
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def write(self, history: History, stream: str, facts: Sequence[Fact], if_match: int | None = None) -> Write:
        """Propose facts for a stream, which the first of them may open, and note what came of it."""
        kind, _, stream_uuid = stream.partition("/")
        opens = facts[0]["type"] in ("deal.opened", "goal.set")
        path = f"/v1/{kind}s" if opens else f"/v1/{kind}s/{stream_uuid}/events"
        body: Fact = {"facts": list(facts), **({"stream_id": stream_uuid} if opens else {})}
        headers = {} if if_match is None else {"If-Match": f'"{if_match}"'}
        write = Write(stream, tuple(fact["event_id"] for fact in facts), time.monotonic(), path, body)
        history.writes.append(write)
        self.settle(write, **headers)
        return write

    def settle(self, write: Write, **headers: str) -> Answer | None:
        """Send a write, for the first time or again, and note what was said; None when nothing was."""
        try:
            answer = self.ask("POST", write.path, write.body, **headers)
        except NotSentError:
            write.outcome = "refused"
            return None
        except CutOffError:
            return None
        write.answered, write.status = time.monotonic(), answer.status
        if answer.status in (200, 201):
            write.outcome = "ok"
            events = answer.json["events"]
            assert [event["event_id"] for event in events] == list(write.event_ids)
            write.versions = tuple(event["stream_version"] for event in events)
            write.positions = tuple(event["position"] for event in events)
        else:
            write.problem = answer.json
            write.outcome = "refused" if answer.status < 500 else "unknown"
        return answer

    def read(self, history: History, stream: str) -> Read | None:
        """Read a stream of up to 500 facts and note what it held; None when there was no answer to the question."""
        kind, _, stream_uuid = stream.partition("/")
        sent = time.monotonic()
        answer = self.ask("GET", f"/v1/{kind}s/{stream_uuid}/events?limit=500")
        if answer.status != 200 or answer.json["next"] is not None:
            return None
        read = Read(stream, sent, {event["event_id"]: event["stream_version"] for event in answer.json["events"]})
        history.reads.append(read)
        return read

    def close(self) -> None:
        self._connection.close()


class Busy:
    """Somebody who works on several deals at once: mostly notes, some batches, people, promises and refusals."""

    def __init__(self, client: Client, me: UUID, history: History, streams: list[str], seed: int) -> None:
        self._client = client
        self._me = str(me)
        self._history = history
        self._streams = streams  # shared: what one opens, the others write to
        self._chance = random.Random(seed)
        self._met: dict[str, list[str]] = {}

    def work(self, stop: threading.Event, requests_max: int) -> None:
        """Until told to stop, or nobody listens any more."""
        with suppress(NotSentError, CutOffError):
            for _ in range(requests_max):
                if stop.is_set():
                    return
                self.act()

    def act(self) -> None:
        """One read or one write."""
        chance = self._chance.random()
        if not self._streams or chance < 0.03:
            stream = f"deal/{self.an_id()}"
            if self._wrote(stream, self._said("deal.opened", title=f"Depots {len(self._streams)}")):
                self._streams.append(stream)
            return
        stream = self._chance.choice(self._streams)
        if chance < 0.2:
            self._client.read(self._history, stream)
        elif chance < 0.3:
            self._wrote(stream, *(self._said("note.recorded", text=f"One of {nth}") for nth in range(5)))
        elif chance < 0.4:
            party = self.an_id()
            if self._wrote(stream, self._said("participant.joined", party_id=party, side="buyer", name="Somebody")):
                self._met.setdefault(stream, []).append(party)
        elif chance < 0.5 and stream in self._met:
            creditor = self._chance.choice(self._met[stream])
            promise = {"debtor": self._me, "creditor": creditor, "statement": "Call", "due_at": "2031-01-01T00:00:00Z"}
            self._wrote(stream, self._said("commitment.made", **promise))
        elif chance < 0.6:
            self._wrote(stream, self._said("stage.entered", stage=self._chance.choice(["deciding", "active_looking"])))
        else:
            self._wrote(stream, self._said("note.recorded", text="They count shifts on paper"))

    def an_id(self) -> str:
        return str(UUID(int=self._chance.getrandbits(128), version=4))

    def _said(self, type_: str, **data: Any) -> Fact:
        return {"type": type_, "event_id": self.an_id(), "data": data}

    def _wrote(self, stream: str, *facts: Fact) -> bool:
        write = self._client.write(self._history, stream, facts)
        if write.status is None:
            raise CutOffError
        if write.status == 503:
            time.sleep(PATIENCE_S)
        return write.outcome == "ok"


def me(url: str, key: str) -> UUID:
    """The party behind a key."""
    client = Client(url, key)
    try:
        return UUID(client.ask("GET", "/v1/me").json["party_id"])
    finally:
        client.close()


@contextmanager
def busy_clients(
    urls: Sequence[str],
    key: str,
    history: History,
    streams: list[str],
    *,
    count: int = 8,
    seed: int = 0,
    requests_max: int = REQUESTS_MAX,
) -> Iterator[threading.Event]:
    """`count` clients at work, spread over `urls`; they stop when the event is set, at the latest with the block."""
    party = me(urls[0], key)
    stop = threading.Event()
    clients = [Client(urls[nth % len(urls)], key) for nth in range(count)]
    workers = [Busy(client, party, history, streams, seed * 1_000 + nth) for nth, client in enumerate(clients)]
    threads = [
        threading.Thread(target=worker.work, args=(stop, requests_max // count), name="client") for worker in workers
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(JOIN_DEADLINE_S)
        for client in clients:
            client.close()
    assert not any(thread.is_alive() for thread in threads), "a client got neither an answer nor an end"
