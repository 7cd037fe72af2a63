"""What a process tells Prometheus: enough to run it by, the same number of series whoever calls, nothing of anybody."""

import asyncio
import random
import re
import string
from dataclasses import replace
from typing import Any, get_args
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from domain.events import CATALOGUE
from service.http.routes.metrics import may_read
from service.ledger.ledger import Ledger
from service.ledger.store import statement
from service.ledger.webhooks.records import Outcome
from tests.conftest import Database
from tests.http.conftest import MASTER_KEY, World, a_deal, client, noted, served, settle
from tests.running import ROOT

NOBODY_LISTENS = "http://127.0.0.1:9/in"
KEY = "a-key-for-scrapers-only"


def figures(http: httpx.Client) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    answer = http.get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(found: dict[Any, float], name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def scope(peer: str, *headers: tuple[bytes, bytes]) -> Any:
    return {"client": (peer, 4711), "headers": [(b"host", b"x"), *headers]}


def test_requests_appends_and_refusals_are_counted(nobody: httpx.Client, member: httpx.Client) -> None:
    before = figures(nobody)
    deal = a_deal(member)
    for _ in range(3):
        assert member.post(f"{deal}/events", json=noted()).status_code == 201
    assert member.post(f"{deal}/events", json={"type": "note.recorded", "data": {}}).status_code == 400
    assert member.get(f"/v1/deals/{uuid4()}").status_code == 404
    assert member.get("/v1/me").status_code == 200
    after = figures(nobody)

    def grown(name: str, **labels: str) -> float:
        return of(after, name, **labels) - of(before, name, **labels)

    assert grown("throughline_facts_appended_total") == 4
    assert grown("throughline_commit_facts_sum") == 4
    assert 1 <= grown("throughline_commit_facts_count") <= 4
    posts = {key[1]: value for key, value in after.items() if key[0] == "throughline_request_seconds_count"}
    assert sum(posts.values()) - sum(before.get(("throughline_request_seconds_count", key), 0) for key in posts) >= 6
    assert grown("throughline_refusals_total", kind="body-malformed") == 1
    assert grown("throughline_refusals_total", kind="not-found") == 1
    assert of(after, "throughline_kept", kind="streams") >= 1
    assert of(after, "throughline_kept", kind="credentials") >= 1
    assert of(after, "throughline_database_connections", pool="writing") >= 1


def test_a_process_tells_of_its_database_its_clock_and_its_loop(nobody: httpx.Client) -> None:
    found = figures(nobody)
    assert of(found, "throughline_database_up") == 1
    assert of(found, "throughline_may_record") == 1
    assert of(found, "throughline_unreadable_streams") == 0
    assert abs(of(found, "throughline_clock_ahead_seconds")) < 5
    assert 0 <= of(found, "throughline_event_loop_lag_seconds") < 5
    assert of(found, "process_resident_memory_bytes") > 1e6


@pytest.mark.parametrize("requests", [500, pytest.param(5_000, marks=pytest.mark.slow)])
def test_A22_random_paths_and_methods_make_no_series(world: World, nobody: httpx.Client, requests: int) -> None:
    chance = random.Random(22)
    figures(nobody)
    nobody.get("/no/such/place")
    nobody.request("BREW", "/v1/deals")
    nobody.get("/v1/deals")
    before = set(figures(nobody))
    with client(world, world.here.member) as http:
        for _ in range(requests):
            word = "".join(chance.choices(string.ascii_letters + string.digits, k=chance.randrange(1, 40)))
            path = chance.choice([f"/{word}", f"/v1/{word}", f"/v1/deals/{word}", f"/v1/deals/{uuid4()}/{word}"])
            method = chance.choice(["GET", "POST", "DELETE", "PUT", word[:8].upper()])
            http.request(method, path)
    after = figures(nobody)
    new = {(name, labels) for name, labels in set(after) - before if name != "throughline_request_seconds_bucket"}
    known = {"throughline_request_seconds_count", "throughline_request_seconds_sum"}
    # A known operation may be answered with a class of status for the first time; nothing else can come.
    assert {name for name, _ in new} <= known, new
    assert len(new) <= 2 * 4
    assert all(dict(labels)["operation"] != "" for _, labels in new)
    counts = {
        dict(labels)["operation"]: value
        for (name, labels), value in after.items()
        if name.endswith("_count") and "operation" in dict(labels)
    }
    assert counts["none"] > requests / 2


def test_nothing_of_anybody_is_in_it(world: World, nobody: httpx.Client, member: httpx.Client) -> None:
    deal = a_deal(member)
    text = nobody.get("/metrics").text
    for private in (deal.rpartition("/")[2], str(world.here.id), str(world.here.member.party_id), "Depot"):
        assert private not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text)
    assert "python_info" not in text


def test_A25_without_a_key_only_this_machine_reads_and_only_while_nobody_else_is_let_in() -> None:
    assert may_read(scope("127.0.0.1"), "127.0.0.1", None)
    assert may_read(scope("::1"), "localhost", None)
    assert not may_read(scope("10.0.0.7"), "127.0.0.1", None)
    assert not may_read(scope("127.0.0.1"), "0.0.0.0", None)  # noqa: S104  # an address, not a listener
    assert not may_read(scope("127.0.0.1"), "depot.example", None)
    for name in (b"x-forwarded-for", b"forwarded", b"via", b"x-real-ip"):
        assert not may_read(scope("127.0.0.1", (name, b"203.0.113.9")), "127.0.0.1", None)
    assert not may_read({"client": None, "headers": []}, "127.0.0.1", None)


def test_A25_with_a_key_whoever_shows_it_reads_from_anywhere_and_nobody_else() -> None:
    shown = (b"authorization", b"Bearer " + KEY.encode())
    assert may_read(scope("10.0.0.7", shown), "0.0.0.0", KEY)  # noqa: S104  # an address, not a listener
    for header in [(), ((b"authorization", b"Bearer another-key-of-that-size"),), ((b"authorization", KEY.encode()),)]:
        assert not may_read(scope("127.0.0.1", *header), "127.0.0.1", KEY)


def test_A25_to_anybody_else_it_is_not_there(nobody: httpx.Client) -> None:
    missing = nobody.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
    assert missing.status_code == 404
    assert missing.json()["type"] == nobody.get("/nothing/here").json()["type"]


def test_F16_unreadable_streams_are_told(world: World, member: httpx.Client, nobody: httpx.Client) -> None:
    """Another process records it, so that this one has yet to read it."""
    deal, sound = a_deal(member), a_deal(member)
    stream = deal.rpartition("/")[2]
    asyncio.run(record_elsewhere(world, f"deal/{stream}"))
    with psycopg.connect(world.database.superuser, autocommit=True) as connection:
        where = "stream_id = %s AND version = 2"
        (words,) = connection.execute(f"SELECT words FROM event WHERE {where}", (stream,)).fetchone() or (b"",)
        change = f"UPDATE event SET words = set_byte(words, 20, (get_byte(words, 20) + 1) %% 256) WHERE {where}"
        connection.execute(change, (stream,))
        assert member.get(deal).json()["type"] == "/problems/fact-unreadable"
        assert member.post(f"{deal}/events", json=noted()).json()["type"] == "/problems/fact-unreadable"
        assert member.post(f"{sound}/events", json=noted()).status_code == 201
        assert member.get("/v1/deals").status_code == 200
        assert member.get("/v1/events?from=0&limit=500").status_code == 200
        assert figures(nobody)["throughline_unreadable_streams", ()] == 1
        ready = nobody.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ready", "unreadable_streams": 1})
        connection.execute(f"UPDATE event SET words = %s WHERE {where}", (words, stream))
    assert member.get(deal).status_code == 200
    assert figures(nobody)["throughline_unreadable_streams", ()] == 0
    assert nobody.get("/health/ready").json() == {"status": "ready"}


async def record_elsewhere(world: World, stream_id: str) -> None:
    async with Ledger.open(world.database.app, MASTER_KEY, world.settings) as ledger:
        noor = await ledger.identify(world.here.member.key)
        fact = msgspec.convert(noted("This will be spoilt"), CATALOGUE["note.recorded"].proposal)
        await ledger.append(noor, stream_id, [fact], opens=False)


def test_what_is_sent_to_webhooks_is_counted_by_what_came_of_it(owner: httpx.Client, nobody: httpx.Client) -> None:
    before = figures(nobody)
    assert {dict(labels)["outcome"] for name, labels in before if name == "throughline_webhook_messages_total"} == set(
        get_args(Outcome)
    )
    made = owner.post("/v1/webhooks", json={"url": NOBODY_LISTENS, "name": "CRM", "streams": [f"deal/{uuid4()}"]})
    address = f"/v1/webhooks/{made.json()['webhook']['webhook_id']}"
    assert owner.post(f"{address}/test").json()["outcome"] == "unreachable"
    owner.delete(address)
    name = "throughline_webhook_messages_total"
    assert of(figures(nobody), name, outcome="unreachable") >= of(before, name, outcome="unreachable") + 1


def test_how_far_webhooks_are_behind_is_told_of_those_that_are_active(world: World, database: Database) -> None:
    here, _ = asyncio.run(settle(database, world.settings))
    with served(database, world.settings) as url, client(replace(world, url=url), here.owner) as http:
        assert lag(database) == (0, 0.0)
        made = http.post("/v1/webhooks", json={"url": NOBODY_LISTENS, "name": "CRM", "from": 0})
        address = f"/v1/webhooks/{made.json()['webhook']['webhook_id']}"
        a_deal(http, noted(), noted())
        facts, seconds = lag(database)
        assert facts == int(http.get("/v1/deals").headers["Throughline-Position"])
        assert 0 < seconds < 600
        http.post(f"{address}/pause")
        assert lag(database) == (0, 0.0)


def lag(database: Database) -> tuple[int, float]:
    with psycopg.connect(database.app) as connection:
        facts, seconds = connection.execute(statement("webhook_lag").encode()).fetchone() or (-1, -1.0)
        return facts, seconds


def test_the_page_on_operations_lists_every_figure_and_no_other(nobody: httpx.Client) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert nobody.get("/health/live").status_code == 200
    listed = set(re.findall(r"`(throughline_\w+)`", page.partition("## Figures")[2].partition("## The log")[0]))
    told = {re.sub(r"_(bucket|count|sum)$", "", name) for name, _ in figures(nobody) if name.startswith("throughline_")}
    assert listed == told
