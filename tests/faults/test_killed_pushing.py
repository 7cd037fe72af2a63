"""The service is killed while a device pushes: the device sends everything again, and nothing is lost or doubled."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY, Connect, eventually
from tests.faults.history import stored
from tests.faults.load import Client, CutOffError
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Running, Start

Item = dict[str, Any]

STREAMS, NOTES = 8, 5
ASLEEP_S = 0.8
MOMENTS = 3


def an_outbox() -> list[Item]:
    """Deals with notes, and on each something that is refused."""
    items: list[Item] = []
    for _ in range(STREAMS):
        stream = f"deal/{uuid4()}"
        said = [("deal.opened", {"title": "Depots"}), ("deal.reopened", {"reason": "The budget was released"})]
        said[1:1] = [("note.recorded", {"text": "They count shifts on paper"})] * NOTES
        for type_, data in said:
            about = {"stream_id": stream, "event_id": str(uuid4()), "device_sequence": len(items) + 1}
            items.append(about | {"type": type_, "occurred_at": "2026-03-02T09:00:00Z", "data": data})
    return items


def push(client: Client, device: str, items: list[Item]) -> list[Any]:
    body = {"device_id": device, "epoch": 1, "device_now": datetime.now(UTC).isoformat(), "items": items}
    answer = client.ask("POST", "/v1/sync/push", body)
    assert answer.status == 200, answer.body
    told: list[Any] = answer.json["items"]
    return told


@contextmanager
def asleep(database: Database, table: str) -> Iterator[None]:
    """The first row that is written to `table` takes a while, so that a kill is sure to come meanwhile."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            f"""
            CREATE SEQUENCE faults;
            CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF nextval('faults') = 1 THEN PERFORM pg_sleep({ASLEEP_S}); END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER fault AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fault();
            """.encode()
        )
        try:
            yield
        finally:
            time.sleep(ASLEEP_S)  # what the killed process had begun is over
            connection.execute(f"DROP TRIGGER fault ON {table}; DROP FUNCTION fault; DROP SEQUENCE faults".encode())


def killed_after(service: Running, client: Client, device: str, items: list[Item], seconds: float) -> bool:
    """Push, and kill the service meanwhile; whether no answer came."""
    unheard = threading.Event()

    def send() -> None:
        try:
            push(client, device, items)
        except CutOffError:
            unheard.set()

    sending = threading.Thread(target=send)
    sending.start()
    time.sleep(seconds)
    service.kill()
    sending.join()
    return unheard.is_set()


def settles(client: Client, database: Database, device: str, items: list[Item]) -> dict[str, str]:
    """Push until all of it is settled: the status of each. The device is held for a while by the push that died."""
    first = push(client, device, items)
    if {one.get("reason") for one in first} == {"busy"}:
        with psycopg.connect(database.owner, autocommit=True) as connection:
            connection.execute(
                "UPDATE device SET held_until = clock_timestamp() WHERE device_id = %s AND held_until IS NOT NULL",
                (device,),
            )
    told: dict[str, str] = {}

    def settled() -> bool:
        left = [item for item in items if item["event_id"] not in told]
        for verdict in push(client, device, left):
            if verdict["status"] != "deferred":
                told[verdict["event_id"]] = verdict["status"]
        return len(told) == len(items)

    eventually(settled)
    return told


def judge(client: Client, database: Database, device: str, items: list[Item], told: dict[str, str]) -> None:
    """Every fact once and in the order of its stream; every refusal told, kept and repeated."""
    refusals = {item["event_id"] for item in items if item["type"] == "deal.reopened"}
    assert {event_id for event_id, status in told.items() if status == "refused"} == refusals
    rows = stored(database.app)
    for stream in {item["stream_id"] for item in items}:
        sent = [item["event_id"] for item in items if item["stream_id"] == stream and item["event_id"] not in refusals]
        held = [row for row in rows if str(row["event_id"]) in set(sent)]
        assert [str(row["event_id"]) for row in sorted(held, key=lambda row: row["position"])] == sent
    listed = client.ask("GET", f"/v1/sync/outcomes?device={device}&limit=500").json
    assert {one["event_id"] for one in listed["items"]} == refusals
    assert listed["expected_sequence"] == len(items) + 1
    again = {one["event_id"]: one["status"] for one in push(client, device, items)}
    assert again == {item["event_id"]: "refused" if item["event_id"] in refusals else "duplicate" for item in items}
    assert_rows_equal_a_replay(database.app, GIVEN_KEY)


@pytest.mark.parametrize("table", ["event", "refusal"])
def test_F2_killed_inside_a_push_nothing_is_lost_and_nothing_doubled(
    folder: Path, database: Database, service_process: Start, connect: Connect, table: str
) -> None:
    """Before anything of it is recorded, and when all of it is, but not yet what was refused."""
    service = service_process(folder / "data", database=database)
    device, items = str(uuid4()), an_outbox()
    with asleep(database, table):
        assert killed_after(service, connect(service), device, items, ASLEEP_S / 2)
    service = service_process(folder / "data", database=database)
    client = connect(service)
    judge(client, database, device, items, settles(client, database, device, items))


@pytest.mark.slow
def test_F2_killed_at_any_moment_of_a_push_nothing_is_lost_and_nothing_doubled(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    chance = random.Random()
    for _ in range(MOMENTS):
        service = service_process(folder / "data", database=database)
        client = connect(service)
        began = time.monotonic()
        push(client, str(uuid4()), an_outbox())
        takes_s = time.monotonic() - began
        device, items = str(uuid4()), an_outbox()
        killed_after(service, client, device, items, chance.uniform(0, takes_s))
        service = service_process(folder / "data", database=database)
        client = connect(service)
        judge(client, database, device, items, settles(client, database, device, items))
        service.kill()
