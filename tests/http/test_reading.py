"""Reading over HTTP: states, pages of facts, lists, the two times, and copies that still hold."""

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import World, a_deal, client, fact, noted, opened
from tests.http.test_decoding import refused
from tests.http.test_recording import events_of


def texts(page: dict[str, Any]) -> list[str]:
    return [event["data"].get("text", "") for event in page["events"]]


def all_pages(http: httpx.Client, address: str, items: str) -> list[Any]:
    found: list[Any] = []
    following: str | None = address
    while following:
        answer = http.get(following)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page[items]
        following = page["next"]
        assert (f'<{following}>; rel="next"' == answer.headers["Link"]) if following else "Link" not in answer.headers
    return found


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_pages_hold_every_fact_once_in_order(member: httpx.Client, direction: str) -> None:
    deal = a_deal(member, *(noted(str(number)) for number in range(9)))
    events = all_pages(member, f"{deal}/events?limit=3&direction={direction}", "events")
    versions = [event["stream_version"] for event in events]
    assert versions == sorted(range(1, 11), reverse=direction == "backward")


def test_facts_are_chosen_by_type_and_by_family(member: httpx.Client) -> None:
    me = member.get("/v1/me").json()["party_id"]
    deal = a_deal(member, noted(), fact("no.invited", by=me), noted())
    assert [e["stream_version"] for e in all_pages(member, f"{deal}/events?type=note.recorded&limit=1", "events")] == [
        2,
        4,
    ]
    assert [e["type"] for e in all_pages(member, f"{deal}/events?family=noes", "events")] == ["no.invited"]


def test_a_cursor_belongs_to_its_question(world: World, member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member, *(noted(str(number)) for number in range(5)))
    other = a_deal(member, noted(), noted())
    following = member.get(f"{deal}/events?limit=2").json()["next"]
    cursor = following.partition("cursor=")[2]
    assert member.get(f"{deal}/events?limit=4&cursor={cursor}").status_code == 200
    for address in (
        f"{deal}/events?cursor={cursor}&direction=backward",
        f"{deal}/events?cursor={cursor}&type=note.recorded",
        f"{deal}/events?cursor={cursor}&known_at=1",
        f"{other}/events?cursor={cursor}",
        f"{deal}/events?cursor=x{cursor}",
        f"{deal}/events?cursor={cursor[:-3]}",
        f"{deal}/events?cursor=%00",
        f"/v1/deals?cursor={cursor}",
    ):
        assert refused(member.get(address))["type"] == "/problems/cursor-not-valid"
    with client(world, world.here.owner) as owner:
        refused(owner.get(following))
    refused(stranger.get(f"/v1/deals?cursor={cursor}"))


def test_one_fact_is_read_by_its_id(member: httpx.Client) -> None:
    deal = a_deal(member, noted("Look"))
    event = events_of(member, deal)[1]
    answer = member.get(f"{deal}/events/{event['event_id']}")
    assert answer.json()["event"] == event
    refused(member.get(f"{deal}/events/{uuid4()}"), 404)
    assert member.get(f"{deal}/events/{event['event_id']}?known_at={event['position']}").status_code == 404


def test_a_copy_that_still_holds_is_not_sent_again(member: httpx.Client) -> None:
    deal = a_deal(member)
    etag = member.get(f"{deal}/events").headers["ETag"]
    for value in (etag, "*", f"W/{etag}", f'"zero", {etag}'):
        answer = member.get(f"{deal}/events", headers={"If-None-Match": value})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)
    assert member.get(f"{deal}/events", headers={"If-None-Match": '"0"'}).status_code == 200
    member.post(f"{deal}/events", json=noted())
    assert member.get(f"{deal}/events", headers={"If-None-Match": etag}).status_code == 200


def test_a_facts_stream_elsewhere_does_not_move_an_etag_or_an_answer(member: httpx.Client) -> None:
    deal = a_deal(member)
    before = member.get(f"{deal}/events")
    a_deal(member)
    after = member.get(f"{deal}/events")
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    assert int(after.headers["Throughline-Position"]) == int(before.headers["Throughline-Position"]) + 1


def test_a_caller_who_sees_less_has_another_etag(member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member, {**noted("Between us"), "visibility": "private"}, noted())
    seen = owner.get(f"{deal}/events")
    assert [event["stream_version"] for event in seen.json()["events"]] == [1, 3]
    assert seen.headers["ETag"] != member.get(f"{deal}/events").headers["ETag"]
    answer = owner.post(f"{deal}/events", json=noted(), headers={"If-Match": seen.headers["ETag"]})
    assert answer.status_code == 201


def test_the_state_is_read_as_it_was_known(member: httpx.Client) -> None:
    deal = a_deal(member)
    position = int(member.get(deal).headers["Throughline-Position"])
    member.post(f"{deal}/events", json=fact("stage.entered", stage="deciding"))
    assert member.get(deal).json()["state"]["stage"] == "deciding"
    then = member.get(f"{deal}?known_at={position}").json()
    assert (then["state"]["stage"], then["known_at"]) == (None, position)
    assert member.get(f"{deal}/events?known_at={position}").json()["known_at"] == position
    assert len(member.get(f"{deal}/events?known_at={position}").json()["events"]) == 1
    refused(member.get(f"{deal}?known_at=0"), 404)


def test_the_state_is_read_as_it_had_happened(member: httpx.Client) -> None:
    first = {**opened(), "occurred_at": "2026-03-02T09:00:00Z"}
    later = {**fact("stage.entered", stage="deciding"), "occurred_at": "2026-03-09T09:00:00Z"}
    deal = member.post("/v1/deals", json={"facts": [first, later]}).headers["Location"]
    then = member.get(f"{deal}?as_of=2026-03-05T10:00:00%2B01:00").json()
    assert (then["state"]["stage"], then["as_of"]) == (None, "2026-03-05T09:00:00Z")
    assert len(member.get(f"{deal}/events?as_of=2026-03-05T09:00:00Z").json()["events"]) == 1
    refused(member.get(f"{deal}?as_of=2026-03-01T09:00:00Z"), 404)
    answer = member.get(f"{deal}?as_of=2026-03-05T09:00:00Z")
    copy = {"If-None-Match": answer.headers["ETag"]}
    assert member.get(f"{deal}?as_of=2026-03-05T09:00:00Z", headers=copy).status_code == 304
    assert member.get(deal, headers=copy).status_code == 200


def test_an_answer_names_the_log_with_which_it_comes_again(member: httpx.Client) -> None:
    deal = a_deal(member, noted("Before"))
    answer = member.get(f"{deal}/events").json()
    member.post(f"{deal}/events", json=noted("After"))
    again = member.get(f"{deal}/events?known_at={answer['known_at']}").json()
    assert (again["events"], again["known_at"]) == (answer["events"], answer["known_at"])


def test_deals_are_listed_filtered_and_sorted(member: httpx.Client) -> None:
    mark = f"Listing {uuid4()}"
    for number in range(5):
        member.post("/v1/deals", json=opened(f"{mark} {number}", customer=f"{mark} {number % 2}"))
        time.sleep(0.002)
    query = {"text": mark, "limit": "2", "sort": "opened", "order": "asc"}
    address = str(httpx.URL("/v1/deals", params=query))
    titles = [row["title"] for row in all_pages(member, address, "items")]
    assert titles == [f"{mark} {number}" for number in range(5)]
    odd = member.get("/v1/deals", params={"text": mark, "customer": f"{mark} 1"}).json()["items"]
    assert {row["title"] for row in odd} == {f"{mark} 1", f"{mark} 3"}
    assert member.get("/v1/deals", params={"text": mark, "status": "closed"}).json()["items"] == []


def test_a_list_is_bound_to_its_filters(member: httpx.Client) -> None:
    for _ in range(3):
        a_deal(member)
    following = member.get("/v1/deals?limit=1&status=open").json()["next"]
    assert member.get(following).status_code == 200
    refused(member.get(following.replace("status=open", "status=closed")))
    refused(member.get(following.replace("/v1/deals", "/v1/goals").replace("status=open&", "")))
    assert member.get(following.replace("limit=1", "limit=2")).status_code == 200


def test_goals_have_no_stage_and_deals_no_lifecycle(member: httpx.Client) -> None:
    refused(member.get("/v1/goals?stage=deciding"))
    refused(member.get("/v1/deals?status=active"))
    assert member.get("/v1/goals?status=active").status_code == 200


def test_lists_are_read_as_they_were(member: httpx.Client) -> None:
    deal = a_deal(member).rpartition("/")[2]
    position = int(member.get("/v1/deals").headers["Throughline-Position"])
    before = member.get(f"/v1/deals?known_at={position - 1}&limit=500").json()
    now = member.get(f"/v1/deals?known_at={position}&limit=500").json()
    assert deal not in [row["id"] for row in before["items"]]
    assert deal in [row["id"] for row in now["items"]]
    assert now["known_at"] == position
    pinned = member.get("/v1/deals?as_of=2026-01-01T00:00:00Z")
    copy = {"If-None-Match": pinned.headers["ETag"]}
    assert member.get("/v1/deals?as_of=2026-01-01T00:00:00Z", headers=copy).status_code == 304
    assert "ETag" not in member.get("/v1/deals").headers


def test_the_agenda_tells_what_i_am_to_do(member: httpx.Client) -> None:
    me = member.get("/v1/me").json()["party_id"]
    due = "2026-05-04T12:00:00Z"
    promise = fact("commitment.made", debtor=me, creditor=me, statement=f"Send the draft {uuid4()}", due_at=due)
    a_deal(member, promise)
    items = member.get("/v1/agenda?party=me&from=2026-05-04T00:00:00Z&to=2026-05-05T00:00:00Z").json()["items"]
    mine = next(item for item in items if item["text"] == promise["data"]["statement"])
    assert (mine["kind"], mine["party_id"], mine["at"]) == ("commitment", me, due)
    assert mine["overdue"] is (datetime.now(UTC) > datetime.fromisoformat(due))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("from=2026-05-04T00:00:00Z&to=2026-05-03T00:00:00Z", "to"),
        ("from=2026-05-04T00:00:00Z&to=2028-05-03T00:00:00Z", "to"),
        ("party=you", "party"),
        ("party=00000000000000000000000000000001", "party"),
    ],
)
def test_an_agenda_has_a_window_and_a_party(member: httpx.Client, query: str, parameter: str) -> None:
    assert refused(member.get(f"/v1/agenda?{query}"))["parameter"] == parameter


def test_people_are_found_on_the_streams(world: World, member: httpx.Client) -> None:
    buyer = str(uuid4())
    a_deal(member, fact("participant.joined", party_id=buyer, name="Ada", side="buyer", roles=["buyer"]))
    answer = member.get(f"/v1/parties/{buyer}")
    assert answer.status_code == 200
    assert (answer.json()["party"]["name"], answer.json()["party"]["streams"][0]["side"]) == ("Ada", "buyer")
    everybody = [party["party_id"] for party in all_pages(member, "/v1/parties?limit=2", "items")]
    assert buyer in everybody
    assert everybody == sorted(set(everybody))
