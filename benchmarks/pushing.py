"""`python -m benchmarks.pushing`: a full push over HTTP, beside the same facts sent one by one over one connection.

The service runs as anybody starts it, with its own PostgreSQL and fsync on; rounds of both kinds take turns.
"""

import http.client
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from service.http.synced import ITEMS_MAX
from tests.running import Running, started

ROUNDS = 7
STREAMS = (1, 10, 50)
"""What a phone comes back with: one long visit, or notes on many deals."""


def items(streams: int) -> list[dict[str, Any]]:
    """A full push for so many new deals."""
    found: list[dict[str, Any]] = []
    for _ in range(streams):
        stream = f"deal/{uuid4()}"
        for number in range(ITEMS_MAX // streams):
            said = {"type": "note.recorded", "data": {"text": f"They count shifts on paper, depot {number}"}}
            if number == 0:
                said = {"type": "deal.opened", "data": {"title": "Depots"}}
            about = {"stream_id": stream, "event_id": str(uuid4()), "occurred_at": "2026-03-02T09:00:00Z"}
            found.append(about | said | {"device_sequence": len(found) + 1})
    return found


def main() -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder, started(Path(folder, "data"), {}) as service:
        for streams in STREAMS:
            pairs = [(_pushed(service, items(streams)), _one_by_one(service, items(streams))) for _ in range(ROUNDS)]
            pushed_s, alone_s = (median(column) for column in zip(*pairs[1:], strict=True))
            print(
                f"{ITEMS_MAX} facts on {streams} deals: one push {pushed_s:.2f} s, one by one {alone_s:.2f} s, "
                f"{alone_s / pushed_s:.1f} times as long"
            )


def _pushed(service: Running, sent: list[dict[str, Any]]) -> float:
    now = datetime.now(UTC).isoformat()
    body = {"device_id": str(uuid4()), "epoch": 1, "device_now": now, "items": sent}
    connection = _connection(service)
    began = time.perf_counter()
    status, answer = _post(connection, service, "/v1/sync/push", body)
    took_s = time.perf_counter() - began
    if status != 200 or {one["status"] for one in answer["items"]} != {"accepted"}:
        raise RuntimeError(f"a push was not accepted: {status}")
    connection.close()
    return took_s


def _one_by_one(service: Running, sent: list[dict[str, Any]]) -> float:
    connection = _connection(service)
    began = time.perf_counter()
    for item in sent:
        stream = item["stream_id"].removeprefix("deal/")
        said = {name: item[name] for name in ("type", "event_id", "occurred_at", "data")}
        opens = said["type"] == "deal.opened"
        path, body = ("/v1/deals", said | {"stream_id": stream}) if opens else (f"/v1/deals/{stream}/events", said)
        status, answer = _post(connection, service, path, body)
        if status != 201:
            raise RuntimeError(f"a fact was not accepted: {status} {answer}")
    took_s = time.perf_counter() - began
    connection.close()
    return took_s


def _connection(service: Running) -> http.client.HTTPConnection:
    parts = urlsplit(service.url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)


def _post(connection: http.client.HTTPConnection, service: Running, path: str, body: Any) -> tuple[int, Any]:
    connection.request("POST", path, json.dumps(body), {**service.headers, "Content-Type": "application/json"})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


if __name__ == "__main__":
    main()
