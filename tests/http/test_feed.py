"""Pages of the feed: what they hold, whom they show it to, how far they looked, and what waiting is worth."""

import threading
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import World, a_deal, client, fact, noted, opened

PAGES_MAX = 50


def head(http: httpx.Client) -> int:
    """Where the log ends now."""
    return int(http.get("/v1/deals?limit=1").headers["Throughline-Position"])


def pages(http: httpx.Client, start: int, **more: Any) -> tuple[list[Any], list[Any]]:
    """Everything from there on, page by page: facts and resets."""
    events: list[Any] = []
    resets: list[Any] = []
    for _ in range(PAGES_MAX):
        page = http.get("/v1/events", params={"from": start, **more}).json()
        events += page["events"]
        resets += page["resets"]
        assert page["next"] >= start
        start = page["next"]
        if not page["has_more"]:
            return events, resets
    raise AssertionError("pages without end")


def recorded(http: httpx.Client, deal: str, *facts: Any) -> list[Any]:
    answer = http.post(f"{deal}/events", json={"facts": list(facts)})
    assert answer.status_code == 201, answer.text
    return list(answer.json()["events"])


def named(deal: str) -> str:
    return "deal/" + deal.rpartition("/")[2]


def test_facts_come_by_position_as_their_stream_has_them(member: httpx.Client) -> None:
    start = head(member)
    first, second = a_deal(member, noted("one")), a_deal(member)
    recorded(member, first, noted("two"), noted("three"))
    events, resets = pages(member, start, limit=2)
    assert [event["position"] for event in events] == list(range(start, start + 5))
    assert [event["stream_id"] for event in events] == [named(first)] * 2 + [named(second)] + [named(first)] * 2
    assert resets == []
    of_stream = member.get(f"{first}/events").json()["events"]
    assert [event for event in events if event["stream_id"] == named(first)] == of_stream


def test_a_page_says_where_to_go_on(member: httpx.Client) -> None:
    start = head(member)
    a_deal(member, noted(), noted())
    answer = member.get("/v1/events", params={"from": start, "limit": 2, "types": "note.recorded,deal.opened"})
    page = answer.json()
    assert (len(page["events"]), page["next"], page["has_more"]) == (2, start + 2, True)
    assert int(answer.headers["Throughline-Position"]) == start + 3
    following = answer.headers["Link"].removeprefix("<").partition(">")[0]
    assert "types=note.recorded" in following
    last = member.get(following).json()
    assert [event["position"] for event in last["events"]] == [start + 2]
    assert (last["next"], last["has_more"]) == (start + 3, False)


def test_streams_and_types_filter(member: httpx.Client) -> None:
    start = head(member)
    first, second = a_deal(member, noted()), a_deal(member, noted())
    events, _ = pages(member, start, streams=f"{named(second)},deal/{uuid4()}")
    assert {event["stream_id"] for event in events} == {named(second)}
    events, _ = pages(member, start, types="note.recorded")
    assert [event["type"] for event in events] == ["note.recorded"] * 2
    events, _ = pages(member, start, types="deal.opened", streams=named(first))
    assert [event["type"] for event in events] == ["deal.opened"]


@pytest.mark.parametrize(
    "query",
    [
        "from=-1",
        "from=x",
        "limit=0",
        "wait=31",
        "wait=-1",
        "streams=",
        "streams=deal/1",
        "streams=deal",
        "types=nonsense",
        "types=note.nonsense",
        "types=note.recorded,,note.recorded",
        "since=0",
        "from=0&from=1",
    ],
)
def test_a_question_of_another_form_is_refused(member: httpx.Client, query: str) -> None:
    answer = member.get(f"/v1/events?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/query-malformed"


def test_a_position_beyond_the_log_is_another_log_s(member: httpx.Client) -> None:
    answer = member.get("/v1/events", params={"from": head(member) + 1_000})
    assert answer.status_code == 410
    assert answer.json()["type"] == "/problems/position-ahead"


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 30])
def test_a_last_id_that_is_none_is_refused(member: httpx.Client, last: str) -> None:
    answer = member.get("/v1/events", headers={"Last-Event-ID": last})
    assert answer.status_code == 400
    assert answer.json()["header"] == "Last-Event-ID"


def test_a_caller_who_sees_little_still_advances(world: World, owner: httpx.Client, member: httpx.Client) -> None:
    start = head(member)
    goal = owner.post("/v1/goals", json=fact("goal.set", statement="Run", horizon="long")).headers["Location"]
    recorded(owner, goal, noted(), noted())
    page = member.get("/v1/events", params={"from": start}).json()
    assert page == {"events": [], "resets": [], "next": start + 3, "has_more": False}
    assert len(pages(owner, start)[0]) == 3


def test_each_role_sees_what_it_sees_of_the_stream(world: World, owner: httpx.Client) -> None:
    start = head(owner)
    deal = f"/v1/deals/{uuid4()}"
    facts = [opened(), *({**noted(visibility), "visibility": visibility} for visibility in ("private", "participants"))]
    shared = {**noted("shared"), "visibility": "team"}
    answer = owner.post("/v1/deals", json={"stream_id": deal.rpartition("/")[2], "facts": [*facts, shared]})
    assert answer.status_code == 201, answer.text
    for person in (world.here.owner, world.here.member, world.here.coach, world.here.auditor, world.here.guest):
        with client(world, person) as http:
            followed, _ = pages(http, start, streams=named(deal))
            read = http.get(f"{deal}/events")
            assert followed == (read.json()["events"] if read.status_code == 200 else [])


def test_A2_nothing_of_another_workspace_is_shown(world: World, member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member)
    assert pages(stranger, 0, streams=named(deal)) == ([], [])
    assert named(deal) not in {event["stream_id"] for event in pages(stranger, 0)[0]}


def test_the_workspace_s_own_stream_is_for_owners_and_auditors(world: World, member: httpx.Client) -> None:
    for person, sees in ((world.here.owner, True), (world.here.auditor, True), (world.here.member, False)):
        with client(world, person) as http:
            assert bool(pages(http, 0, types="credential.issued")[0]) is sees


def test_a_guest_sees_what_is_shared_on_their_stream_and_nothing_else(world: World) -> None:
    with client(world, world.elsewhere.owner) as owner:
        _shared_with_a_guest(world, owner)


def _shared_with_a_guest(world: World, owner: httpx.Client) -> None:
    start = head(owner)
    deal = f"/v1/deals/{world.elsewhere.guests_deal}"
    facts = [{**opened(), "visibility": "shared"}]
    made = owner.post("/v1/deals", json={"stream_id": str(world.elsewhere.guests_deal), "facts": facts})
    assert made.status_code == 201, made.text
    a_deal(owner)
    _, to_widen = recorded(owner, deal, {**noted("open"), "visibility": "shared"}, {**noted(), "visibility": "team"})
    widened = fact("visibility.widened", target_event_id=to_widen["event_id"], to="shared")
    with client(world, world.elsewhere.guest) as guest:
        before = pages(guest, start)
        recorded(owner, deal, widened)
        after = pages(guest, start)
        assert guest.get(f"{deal}/events").json()["events"][-1] == after[0][-1]
    assert [event["data"].get("text") for event in before[0]][-1:] == ["open"]
    assert before[1] == []
    assert [event["event_id"] for event in after[0]].count(to_widen["event_id"]) == 1
    assert [reset["stream_id"] for reset in after[1]] == [named(deal)]


def test_a_newcomer_is_told_to_read_the_stream_anew(world: World, owner: httpx.Client) -> None:
    """What participants see was recorded before the coach was one; what the team sees is nothing new to anybody."""
    coach = world.here.coach
    deal = a_deal(owner, {**noted("between us"), "visibility": "participants"})
    with client(world, coach) as http:
        start = head(http)
        joined = fact("participant.joined", party_id=str(coach.party_id), side="coach")
        at = recorded(owner, deal, joined)[0]["position"]
        events, resets = pages(http, start)
        assert resets == [{"stream_id": named(deal), "position": at, "reset": True}]
        assert [event["position"] for event in events] == [at]
        texts = [event["data"].get("text") for event in http.get(f"{deal}/events").json()["events"]]
        assert "between us" in texts
        left = recorded(owner, deal, fact("participant.left", party_id=str(coach.party_id)))[0]["position"]
        assert [reset["position"] for reset in pages(http, at + 1)[1]] == [left]
    assert pages(owner, start)[1] == []
    with client(world, world.here.member) as http:
        assert pages(http, start)[1] == []


def test_waiting_ends_with_the_first_fact(world: World, owner: httpx.Client) -> None:
    with client(world, world.here.member) as waiting:
        start = head(owner)
        timer = threading.Timer(0.3, a_deal, (owner,))
        timer.start()
        began = time.monotonic()
        page = waiting.get("/v1/events", params={"from": start, "wait": 10}).json()
        took_s = time.monotonic() - began
        timer.join()
    assert [event["type"] for event in page["events"]] == ["deal.opened"]
    assert 0.2 < took_s < 5
    assert page["next"] == start + 1


def test_waiting_passes_over_what_the_caller_may_not_see(world: World, owner: httpx.Client) -> None:
    with client(world, world.here.member) as waiting:
        start = head(owner)
        goal = fact("goal.set", statement="Run", horizon="long")
        timer = threading.Timer(0.2, owner.post, ("/v1/goals",), {"json": goal})
        timer.start()
        began = time.monotonic()
        page = waiting.get("/v1/events", params={"from": start, "wait": 1}).json()
        timer.join()
    assert time.monotonic() - began > 0.9
    assert page == {"events": [], "resets": [], "next": start + 1, "has_more": False}


def test_cloud_events_are_the_same_facts(world: World, member: httpx.Client) -> None:
    start = head(member)
    deal = a_deal(member, noted())
    kind = "application/cloudevents-batch+json"
    answer = member.get("/v1/events", params={"from": start}, headers={"Accept": kind})
    assert answer.headers["Content-Type"] == kind
    facts = member.get("/v1/events", params={"from": start}).json()["events"]
    events = answer.json()
    assert [event["data"] for event in events] == facts
    for event in events:
        assert event["specversion"] == "1.0"
        assert event["source"] == f"urn:uuid:{world.here.id}"
        assert event["id"] == event["data"]["event_id"]
        assert event["type"] == event["data"]["type"]
        assert event["subject"] == named(deal)
        assert event["datacontenttype"] == "application/json"
        assert int(event["sequence"]) == event["data"]["position"]
        assert all(isinstance(value, str) for name, value in event.items() if name != "data")
    assert f"from={start + 2}" in answer.headers["Link"]
    assert member.get("/v1/events", headers={"Accept": "text/html"}).status_code == 406
