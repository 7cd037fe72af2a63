"""`python -m benchmarks.erasing`: a person's ten thousand facts erased over HTTP, and what other writers meet.

The service runs as anybody starts it, with its own PostgreSQL and fsync on. Somebody else records notes all the while.
"""

import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.running import Running, started

FACTS = 10_000
STREAMS = (1, 100, 1_000)
FACTS_PER_CALL = 100
PAUSE_S = 0.01
TRIES_MAX = 5


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, started(Path(folder, "data"), {}) as service:
        for streams in STREAMS:
            person = str(uuid4())
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(lambda _: _record(service, person, FACTS // streams), range(streams)))  # noqa: B023  # done before the next
            with Others(service) as others:
                began = time.perf_counter()
                body = {"scope": "party", "party_id": person, "reason": "Asked for in writing"}
                answer = _erased(service, body)
                took_s = time.perf_counter() - began
            told = answer.json()
            print(
                f"{told['facts']} facts on {told['streams']} deals: {took_s:.2f} s; another's write took at most "
                f"{others.longest_s:.2f} s, {others.refused} were told to try again"
            )


def _erased(service: Running, body: dict[str, str]) -> httpx.Response:
    """The answer; one that says to try again is followed, and that takes its time."""
    with _calling(service) as http:
        for _ in range(TRIES_MAX):
            answer = http.post("/v1/erasures", json=body)
            if answer.status_code == 201:
                return answer
            time.sleep(float(answer.headers.get("Retry-After", "1")))
    raise RuntimeError(f"the erasure was not done: {answer.text}")


def _calling(service: Running) -> httpx.Client:
    return httpx.Client(base_url=service.url, headers=service.headers, trust_env=False, timeout=90)


def _record(service: Running, person: str, facts: int) -> None:
    """A deal with so many facts whose words are about the person."""
    doubt = {"dimension": "product", "category": "fit", "statement": "Too slow in the depot", "raised_by": person}
    said: list[dict[str, Any]] = [
        {"type": "deal.opened", "data": {"title": "Depots"}},
        {"type": "participant.joined", "data": {"party_id": person, "side": "buyer", "name": "Ada"}},
        *({"type": "objection.raised", "data": doubt} for _ in range(facts - 1)),
    ]
    with _calling(service) as http:
        path = "/v1/deals"
        for start in range(0, len(said), FACTS_PER_CALL):
            answer = http.post(path, json={"facts": said[start : start + FACTS_PER_CALL]})
            answer.raise_for_status()
            path = f"{answer.headers['Location']}/events" if start == 0 else path


class Others:
    """Somebody who records notes on another deal, and how long each took."""

    def __init__(self, service: Running) -> None:
        self.longest_s = 0.0
        self.refused = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._write, args=(service,))

    def __enter__(self) -> Self:
        self._thread.start()
        time.sleep(0.5)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _write(self, service: Running) -> None:
        with _calling(service) as http:
            deal = http.post("/v1/deals", json={"type": "deal.opened", "data": {"title": "Another"}})
            while not self._over.wait(PAUSE_S):
                began = time.perf_counter()
                note = {"type": "note.recorded", "data": {"text": "They count shifts on paper"}}
                answer = http.post(f"{deal.headers['Location']}/events", json=note)
                self.longest_s = max(self.longest_s, time.perf_counter() - began)
                self.refused += answer.status_code == 503


if __name__ == "__main__":
    main()
