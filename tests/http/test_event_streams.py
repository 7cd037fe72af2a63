"""Streams of the feed as server-sent events: what comes, when, under which ids, what ends one; and their tickets."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psycopg
import pytest

from service.http import event_stream
from service.ledger import tickets
from service.ledger.feed import following, tail
from tests.http.conftest import Person, World, a_deal, client, fact, noted
from tests.http.test_feed import head, named, recorded
from tests.listening import Listener, listening

DROPS = 200


@pytest.fixture
def listen(world: World) -> Iterator["Listen"]:
    with ExitStack() as stack:
        yield Listen(world, stack)


class Listen:
    """Opens streams that end with the test."""

    def __init__(self, world: World, stack: ExitStack) -> None:
        self._world = world
        self._stack = stack

    def __call__(self, person: Person | None, query: str = "", last_id: int | None = None) -> Listener:
        headers = person.headers if person else {}
        return self._stack.enter_context(listening(self._world.url, headers, query, last_id))


def test_facts_come_as_they_are_recorded(world: World, member: httpx.Client, listen: Listen) -> None:
    start = head(member)
    before = a_deal(member, noted())
    stream = listen(world.here.member, f"?from={start}")
    assert stream.answer.status == 200
    assert stream.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    stream.until(lambda it: len(it.facts) == 2)
    recorded(member, before, noted("later"))
    stream.until(lambda it: len(it.facts) == 3)
    assert stream.facts == member.get(f"{before}/events").json()["events"]
    ids = [event.id for event in stream.events if event.kind == "message"]
    assert ids == [start, start + 1, start + 2]
    assert stream.events[0].kind == "position"
    assert stream.events[0].data == {"next": start}


def test_a_stream_goes_on_after_the_last_id(world: World, member: httpx.Client, listen: Listen) -> None:
    start = head(member)
    a_deal(member, noted(), noted())
    stream = listen(world.here.member, "?from=0", last_id=start)
    stream.until(lambda it: len(it.facts) == 2)
    assert [one["position"] for one in stream.facts] == [start + 1, start + 2]


def test_a_stream_filters_and_its_heartbeat_tells_how_far_it_looked(
    world: World, member: httpx.Client, owner: httpx.Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "HEARTBEAT_S", 0.2)
    start = head(member)
    deal = a_deal(member)
    stream = listen(world.here.member, f"?from={start}&streams={named(deal)}&types=note.recorded")
    a_deal(member, noted("elsewhere"))
    recorded(member, deal, noted("here"), fact("stage.entered", stage="deciding"))
    owner.post("/v1/goals", json=fact("goal.set", statement="Run", horizon="long"))
    end = head(member)
    stream.until(lambda it: it.events[-1].data == {"next": end})
    assert [one["data"]["text"] for one in stream.facts] == ["here"]
    assert stream.last_id == end - 1


def test_a_reset_comes_before_the_fact_that_caused_it(world: World, owner: httpx.Client, listen: Listen) -> None:
    coach = world.here.coach
    deal = a_deal(owner, {**noted("between us"), "visibility": "participants"})
    stream = listen(coach, f"?from={head(owner)}")
    position = recorded(owner, deal, fact("participant.joined", party_id=str(coach.party_id), side="coach"))[0][
        "position"
    ]
    stream.until(lambda it: bool(it.facts))
    kinds = [(event.kind, event.id) for event in stream.events if event.kind != "position"]
    assert kinds == [("reset", None), ("message", position)]
    recorded(owner, deal, {**noted("with you"), "visibility": "participants"})
    stream.until(lambda it: len(it.facts) == 2)
    gone = recorded(owner, deal, fact("participant.left", party_id=str(coach.party_id)))[0]["position"]
    stream.until(lambda it: len(it.resets) == 2)
    recorded(owner, deal, {**noted("without you"), "visibility": "participants"}, noted("for all"))
    stream.until(lambda it: it.facts[-1]["data"].get("text") == "for all")
    assert [one["data"].get("text") for one in stream.facts[-3:]] == ["with you", None, "for all"]
    # who reads again what is still in memory sees what they may see now
    again = listen(coach, f"?from={position}")
    again.until(lambda it: bool(it.facts) and it.facts[-1]["data"].get("text") == "for all")
    assert "with you" not in [one["data"].get("text") for one in again.facts]
    assert gone in [one["position"] for one in again.resets]


def test_who_is_behind_what_is_in_memory_misses_nothing(
    world: World, member: httpx.Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "ENTRIES_MAX", 5)
    start = head(member)
    deal = a_deal(member)
    early = listen(world.here.member, f"?from={start}")
    for _ in range(5):
        recorded(member, deal, *(noted() for _ in range(20)))
    late = listen(world.here.member, f"?from={start}")
    for stream in (early, late):
        stream.until(lambda it: len(it.facts) == 101)
        assert [one["position"] for one in stream.facts] == list(range(start, start + 101))


def test_a_revoked_key_ends_its_streams(world: World, owner: httpx.Client, listen: Listen) -> None:
    import asyncio  # the ledger of a test is opened beside the service's, as another process would

    from service.ledger import members
    from service.ledger.ledger import Ledger
    from service.masterkey import MasterKey

    async def change() -> tuple[str, UUID]:
        async with Ledger.open(world.database.app, MasterKey(bytes(range(32))), world.settings) as ledger:
            key = await members.issue_key(ledger, world.here.id, role="member", name="Ada")
            return key, (await ledger.identify(key)).credential_id

    async def revoke(credential: UUID) -> None:
        async with Ledger.open(world.database.app, MasterKey(bytes(range(32))), world.settings) as ledger:
            assert await members.revoke_key(ledger, world.here.id, credential, "Lost phone")

    key, credential = asyncio.run(change())
    person = Person(UUID(int=0), key)
    with client(world, person) as http:
        ticket = http.post("/v1/tickets").json()["ticket"]
    streams = [listen(person, f"?from={head(owner)}"), listen(None, f"?from={head(owner)}&ticket={ticket}")]
    began = time.monotonic()
    asyncio.run(revoke(credential))
    for stream in streams:
        assert stream.ended.wait(5)
    assert time.monotonic() - began < 2.5  # the ledger that revokes starts and ends meanwhile
    assert listen(person).answer.status == 401
    assert listen(None, f"?ticket={ticket}").answer.status == 401


@pytest.mark.parametrize("by", ["key", "ticket"])
def test_what_is_recorded_after_a_key_expired_is_not_sent_to_who_follows_by_it(
    world: World, owner: httpx.Client, member: httpx.Client, listen: Listen, by: str
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=1.5)
    wanted = {"party_id": str(world.here.member.party_id), "name": "for today", "expires_at": ends.isoformat()}
    person = Person(world.here.member.party_id, owner.post("/v1/credentials", json=wanted).json()["key"])
    deal = a_deal(member)
    start = head(member)
    if by == "ticket":
        with client(world, person) as http:
            stream = listen(None, f"?from={start}&ticket={http.post('/v1/tickets').json()['ticket']}")
    else:
        stream = listen(person, f"?from={start}")
    recorded(member, deal, noted("in time"))
    stream.until(lambda it: len(it.facts) == 1)
    time.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()))
    recorded(member, deal, noted("too late"))
    assert stream.ended.wait(5)
    assert [one["data"]["text"] for one in stream.facts] == ["in time"]


def test_one_key_follows_over_so_many_connections(
    world: World, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FOLLOWERS_PER_KEY_MAX", 3)
    streams = [listen(world.here.coach) for _ in range(3)]
    refused = listen(world.here.coach)
    assert refused.answer.status == 429
    assert refused.answer.headers["Retry-After"]
    assert listen(world.here.member).answer.status == 200
    streams[0].close()
    end = time.monotonic() + 5
    while listen(world.here.coach).answer.status == 429:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_A24_two_hundred_connections_that_were_dropped_leave_nothing(
    world: World, member: httpx.Client, listen: Listen
) -> None:
    """Far more than a key may have at once: each place is free again as soon as its reader is gone."""
    parts = urlsplit(world.url)
    request = (
        f"GET /v1/events?from=0 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {world.here.auditor.key}\r\n\r\n"
    ).encode()
    for number in range(DROPS):
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(request)
            if number % 3:
                connection.recv(100)
    end = time.monotonic() + 10
    wanted = following.FOLLOWERS_PER_KEY_MAX
    while True:
        streams = [listen(world.here.auditor, f"?from={head(member)}") for _ in range(wanted)]
        if all(stream.answer.status == 200 for stream in streams):
            break
        assert time.monotonic() < end, "the places of those who left are not free"
        for stream in streams:
            stream.close()
    a_deal(member)
    for stream in streams:
        stream.until(lambda it: bool(it.facts))


def test_a_ticket_is_used_within_a_minute_or_never(
    world: World, member: httpx.Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = member.post("/v1/tickets")
    assert issued.status_code == 201
    assert issued.json()["serves_s"] == 12 * 3600
    ticket = issued.json()["ticket"]
    assert listen(None, f"?ticket={ticket[:-1]}x").answer.status == 401
    assert listen(None, f"?ticket={world.here.member.key}").answer.status == 401
    assert httpx.get(f"{world.url}/v1/events?ticket={ticket}").status_code == 401  # for streams alone
    assert httpx.get(f"{world.url}/v1/me?ticket={ticket}").status_code == 401
    monkeypatch.setattr(tickets, "UNUSED", timedelta(0))
    assert listen(None, f"?ticket={ticket}").answer.status == 401
    monkeypatch.undo()
    assert listen(None, f"?ticket={ticket}").answer.status == 200


def test_a_ticket_serves_the_reconnects_of_its_follower_for_twelve_hours(
    world: World, member: httpx.Client, listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = member.post("/v1/tickets").json()["ticket"]
    first = listen(None, f"?from={head(member)}&ticket={ticket}")
    monkeypatch.setattr(tickets, "UNUSED", timedelta(0))  # in use, it does not lapse
    a_deal(member)
    first.until(lambda it: bool(it.facts))
    second = listen(None, f"?from=0&ticket={ticket}", last_id=first.last_id)
    assert second.answer.status == 200
    assert first.ended.wait(5), "the newest connection has the ticket"
    a_deal(member)
    second.until(lambda it: bool(it.facts))
    assert [one["position"] for one in second.facts] == [first.facts[0]["position"] + 1]
    monkeypatch.setattr(tickets, "SERVES", timedelta(0))
    assert listen(None, f"?ticket={ticket}").answer.status == 401


def test_a_ticket_shows_what_its_key_shows(world: World, owner: httpx.Client, listen: Listen) -> None:
    start = head(owner)
    deal = a_deal(owner, {**noted("mine"), "visibility": "private"}, noted("ours"))
    for person, texts in ((world.here.owner, ["mine", "ours"]), (world.here.auditor, ["ours"])):
        with client(world, person) as http:
            ticket = http.post("/v1/tickets").json()["ticket"]
        stream = listen(None, f"?from={start}&types=note.recorded&streams={named(deal)}&ticket={ticket}")
        stream.until(lambda it: bool(it.facts) and it.facts[-1]["data"]["text"] == "ours")
        assert [one["data"]["text"] for one in stream.facts] == texts


def test_tickets_are_bounded_and_their_secrets_are_nowhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with client(world, world.here.coach) as http:
        monkeypatch.setattr(tickets, "UNUSED", timedelta(0))
        http.post("/v1/tickets")
        monkeypatch.undo()
        monkeypatch.setattr(tickets, "TICKETS_PER_KEY_MAX", 2)
        made = [http.post("/v1/tickets") for _ in range(3)]
        assert [one.status_code for one in made] == [201, 429, 429] or [one.status_code for one in made] == [
            201,
            201,
            429,
        ]
        assert made[-1].json()["type"] == "/problems/too-many-tickets"
    secret = made[0].json()["ticket"].rpartition("_")[2]
    with psycopg.connect(world.database.superuser) as connection:
        for (row,) in connection.execute("SELECT t::text FROM ticket t").fetchall():
            assert secret not in row
            assert secret.encode().hex() not in row


def test_a_stream_that_cannot_begin_is_answered_as_any_call(world: World, member: httpx.Client, listen: Listen) -> None:
    for query, status in ((f"?from={head(member) + 99}", 410), ("?from=x", 400)):
        answer = listen(world.here.member, query).answer
        assert answer.status == status
        assert answer.headers["Content-Type"] == "application/problem+json"
    refused = listen(None).answer
    assert isinstance(refused, http.client.HTTPResponse)
    assert refused.status == 401
