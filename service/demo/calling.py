"""The API as a story-teller needs it: one connection, JSON out and in. Knows no story and starts no service."""

import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from service.faults import StartRefusal

# Everything here is answered within milliseconds; a service that takes longer is not well.
ANSWER_DEADLINE_S = 15.0


class Api:
    """One service, called with one key."""

    def __init__(self, url: str, key: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise StartRefusal(f"{url} is no address of a service; give one such as http://127.0.0.1:8000.")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self.url = url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._connection = kind(parts.hostname, port, timeout=ANSWER_DEADLINE_S)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def get(self, path: str, **question: Any) -> tuple[int, Any]:
        """Status and body of a read."""
        asked = f"?{urlencode(question, quote_via=quote)}" if question else ""
        return self._call("GET", path + asked, None)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        """Status and body of a write."""
        return self._call("POST", path, json.dumps(body).encode())

    def picture(self, path: str) -> bytes:
        """A picture, as it is sent."""
        status, sent = self._send("GET", path, None)
        if status != 200:
            raise StartRefusal(f"The service answered {status} to {path}.")
        return sent

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        status, sent = self._send(method, path, body)
        try:
            return status, json.loads(sent or b"null")
        except ValueError as fault:
            raise self._not_a_service(fault) from fault

    def _send(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        try:
            self._connection.request(method, self._path + path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise self._not_a_service(fault) from fault

    def _not_a_service(self, fault: Exception) -> StartRefusal:
        self._connection.close()
        return StartRefusal(f"{self.url} does not answer as the service does ({fault!r}): does it run there?")
