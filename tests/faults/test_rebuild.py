"""What lists show is derived; made anew while facts arrive and readers read, nobody sees it empty, in part or stale."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from projections.summary import EDITION
from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY, Connect, eventually, noted, said
from tests.faults.history import History, check, stored
from tests.faults.load import Client
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Start

STILL, BUSY = 60, 40
"""Deals that nothing is said about meanwhile, and deals that are written to."""

COMMANDS_PER_S = 100
WRITERS = 4
LASTS_S = 6.0
REBUILT_EVERY_S = 0.4
REBUILDS_MIN = 8

LISTS = (
    "/v1/deals?sort=trust&limit=500",
    "/v1/deals?sort=trust&order=asc&limit=500",
    "/v1/deals?limit=500",
    "/v1/deals?signal=any&limit=500",
)


@dataclass
class Seen:
    """What readers were shown, and what they should have been: how each still deal looked before all this."""

    still: dict[str, Any]
    lists: int = 0
    faults: list[str] = field(default_factory=list)


def a_deal_in_trouble(client: Client, history: History, me: str, number: int) -> str:
    """With a promise that was broken: its trust is not that of a deal nothing is known of, and a signal is on."""
    stream, promise, buyer = f"deal/{uuid4()}", str(uuid4()), str(uuid4())
    made = said("commitment.made", commitment_id=promise, debtor=me, creditor=buyer, statement="Call")
    made["data"]["due_at"] = "2026-02-01T09:00:00Z"
    facts = [
        said("deal.opened", title=f"Depots {number}"),
        said("participant.joined", party_id=buyer, side="buyer"),
        made,
        said("commitment.broken", commitment_id=promise),
    ]
    for hour, fact in enumerate(facts):
        fact["occurred_at"] = f"2026-01-05T{9 + hour:02}:00:00Z"
    assert client.write(history, stream, facts).status == 201
    return stream


def looks(row: dict[str, Any]) -> tuple[Any, ...]:
    """What does not age within seconds."""
    return row["title"], row["trust"]["label"], round(row["trust"]["score"], 3), row["signals"]


def read_on(client: Client, seen: Seen, path: str, stop: threading.Event) -> None:
    while not stop.is_set():
        answer = client.ask("GET", path)
        if answer.status != 200:
            seen.faults.append(f"{path}: {answer.status} {answer.json.get('detail')}")
            return
        rows = answer.json["items"]
        shown = {row["id"]: looks(row) for row in rows if row["id"] in seen.still}
        if shown != seen.still:
            missing = len(seen.still.keys() - shown.keys())
            seen.faults.append(f"{path}: {missing} deals are missing, others look otherwise, of {len(rows)}")
        if "sort=trust" in path:
            scores = [row["trust"]["score"] for row in rows]
            if scores != sorted(scores, reverse="order=asc" not in path):
                seen.faults.append(f"{path}: not in order")
        seen.lists += 1


def write_on(client: Client, history: History, streams: list[str], stop: threading.Event) -> None:
    """Its share of the commands a second, whatever each takes."""
    began, sent = time.monotonic(), 0
    while not stop.is_set():
        client.write(history, streams[sent % len(streams)], [noted()])
        sent += 1
        stop.wait(max(0.0, began + sent * WRITERS / COMMANDS_PER_S - time.monotonic()))


def rebuild(owner: psycopg.Connection[Any]) -> None:
    """As the first process of a version with other rules finds it: all that is kept was made under those of before."""
    owner.execute("UPDATE summarised SET edition = 'of before', position = 0")


def rebuilt(owner: psycopg.Connection[Any]) -> bool:
    """Whether all that is kept is of these rules again, and of every deal."""
    of = "SELECT d.edition, (SELECT count(*) FROM summary s WHERE s.workspace_id = d.workspace_id) FROM summarised d"
    return owner.execute(of).fetchall() == [(EDITION, STILL + BUSY)]


@pytest.mark.slow
def test_F20_what_lists_rest_on_is_made_anew_under_load_and_no_reader_sees_it_empty_or_in_part(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    history, stop = History(), threading.Event()
    services = [service_process(folder / name, database=database) for name in ("first", "second")]
    client = connect(services[0])
    me = client.ask("GET", "/v1/me").json["party_id"]
    still = [a_deal_in_trouble(client, history, me, number) for number in range(STILL)]
    busy = [a_deal_in_trouble(client, history, me, STILL + number) for number in range(BUSY)]
    before = {row["id"]: looks(row) for row in client.ask("GET", LISTS[0]).json["items"]}
    seen = Seen({stream: look for stream, look in before.items() if f"deal/{stream}" in still})
    assert len(seen.still) == STILL
    rebuilds, began = 0, time.monotonic()
    with (
        ThreadPoolExecutor(WRITERS + len(LISTS)) as threads,
        psycopg.connect(database.owner, autocommit=True) as owner,
    ):
        try:
            for nth in range(WRITERS):
                writer = connect(services[nth % 2], key_of=services[0])
                threads.submit(write_on, writer, history, busy[nth::WRITERS], stop)
            for nth, one in enumerate(LISTS):
                threads.submit(read_on, connect(services[nth % 2], key_of=services[0]), seen, one, stop)
            while time.monotonic() - began < LASTS_S:
                rebuild(owner)
                eventually(lambda: rebuilt(owner))
                rebuilds += 1
                stop.wait(REBUILT_EVERY_S)
        finally:
            stop.set()
    took_s = time.monotonic() - began
    written = len(history.told("ok")) - STILL - BUSY
    print(f"{rebuilds} rebuilds, {written / took_s:.0f} commands/s, {seen.lists} lists")  # noqa: T201  # the evidence
    assert seen.faults == []
    assert rebuilds >= REBUILDS_MIN
    assert seen.lists >= 20
    assert written > COMMANDS_PER_S * took_s * 0.5
    assert {write.status for write in history.writes} == {201}
    check(history, stored(database.app))
    assert_rows_equal_a_replay(database.app, GIVEN_KEY)
