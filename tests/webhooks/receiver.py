"""A receiver as somebody runs one: takes messages in on loopback, keeps them, and answers as it is told to."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook as Verifier

DEADLINE_S = 15.0


class Got(NamedTuple):
    """One message as it came, and when, in monotonic seconds."""

    headers: Mapping[str, str]
    body: bytes
    path: str
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def fact(self) -> Any:
        return self.event["data"]

    def verified(self, secret: str) -> Any:
        """What the reference library makes of it; raises when no signature is the secret's."""
        return Verifier(secret).verify(self.body, dict(self.headers))


Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    """An answer without a body."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


class Receiver:
    """Messages in the order in which they came. `answers` are given once each, then `usual`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.got: list[Got] = []
        self.answers: list[Answer] = []
        self.usual: Answer = status(204)
        self._lock = threading.Lock()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        with self._lock:
            self.got.append(Got(headers, body, handler.path, time.monotonic()))
            answer = self.answers.pop(0) if self.answers else self.usual
        answer(handler)

    @property
    def facts(self) -> list[Any]:
        return [got.fact for got in self.got]

    @property
    def positions(self) -> list[int]:
        return [fact["position"] for fact in self.facts]

    def has(self, count: int, deadline_s: float = DEADLINE_S) -> list[Got]:
        """Wait for so many messages."""
        end = time.monotonic() + deadline_s
        while len(self.got) < count:
            assert time.monotonic() < end, f"{len(self.got)} of {count} messages came"
            time.sleep(0.01)
        return self.got[:count]


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that hangs up is part of the test."""


@contextmanager
def receiving(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """A receiver for the while."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            receiver.take(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the library's name
            """Tests print nothing."""

    server = _Quiet((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"http{'s' if tls else ''}://{host}:{server.server_address[1]}/in")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
