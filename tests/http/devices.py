"""A device that records offline and pushes, as tests drive it: it numbers what it records, and keeps nothing."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

Item = dict[str, Any]
EARLIER = "2026-03-02T09:00:00Z"


class Device:
    """Tests send of it what they want to."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.id = str(uuid4())
        self.epoch = 1
        self.sequence = 0

    def says(self, stream: str, type_: str, at: str = EARLIER, /, **data: Any) -> Item:
        self.sequence += 1
        said = {"type": type_, "event_id": str(uuid4()), "occurred_at": at, "data": data}
        return {"device_sequence": self.sequence, "stream_id": stream, **said}

    def sets_a_goal(self) -> Item:
        return self.says(f"goal/{uuid4()}", "goal.set", statement="Run again", horizon="short")

    def notes(self, stream: str, text: str = "Two kilometres") -> Item:
        return self.says(stream, "note.recorded", text=text)

    def send(self, *items: Item, **more: Any) -> httpx.Response:
        body = {"device_id": self.id, "epoch": self.epoch, "device_now": datetime.now(UTC).isoformat(), "items": items}
        return self.http.post("/v1/sync/push", json=body | more)

    def push(self, *items: Item) -> list[Any]:
        answer = self.send(*items)
        assert answer.status_code == 200, answer.text
        verdicts: list[Any] = answer.json()["items"]
        assert [one["device_sequence"] for one in verdicts] == [one["device_sequence"] for one in items]
        return verdicts

    def statuses(self, *items: Item) -> list[str]:
        return [one["status"] for one in self.push(*items)]

    def outcomes(self, **more: Any) -> httpx.Response:
        return self.http.get("/v1/sync/outcomes", params={"device": self.id, **more})
