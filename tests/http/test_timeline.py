"""The timeline over HTTP: pages in both directions that go on with what the first page knew."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.http.conftest import World, a_deal, client, fact, noted, opened
from tests.http.test_decoding import refused
from tests.http.test_reading import all_pages


def ago(days: float, proposal: dict[str, Any]) -> dict[str, Any]:
    return {**proposal, "occurred_at": (datetime.now(UTC) - timedelta(days=days)).isoformat()}


def an_old_deal(http: httpx.Client) -> str:
    told = [ago(9, opened()), *(ago(5, noted(str(number))) for number in range(4))]
    me = http.get("/v1/me").json()["party_id"]
    told.append(
        ago(
            3,
            fact("objection.raised", dimension="product", category="fit", statement="Too big", raised_by=me),
        )
    )
    answer = http.post("/v1/deals", json={"facts": told})
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"])


def test_without_a_key_or_in_another_workspace_there_is_no_timeline(
    member: httpx.Client, nobody: httpx.Client, stranger: httpx.Client
) -> None:
    deal = an_old_deal(member)
    refused(nobody.get(f"{deal}/timeline"), 401)
    refused(stranger.get(f"{deal}/timeline"), 404)


def test_a_deal_is_told_in_both_directions(member: httpx.Client) -> None:
    deal = an_old_deal(member)
    whole = member.get(f"{deal}/timeline").json()
    assert [one["kind"] for one in whole["entries"]] == [*["event"] * 6, "silence"]
    assert whole["entries"][0]["summary"] == "The seller opened the deal: “Shift planning for twelve depots”"
    assert (whole["policy"], whole["next"], whole["header"]["stages"]) == ("trust/1", None, [])
    for direction in ("forward", "backward"):
        found = all_pages(member, f"{deal}/timeline?limit=2&direction={direction}", "entries")
        assert found == (whole["entries"] if direction == "forward" else whole["entries"][::-1])


def test_it_can_be_included_in_the_state_and_read_on_from_there(member: httpx.Client) -> None:
    deal = a_deal(member, *(noted(f"Call {number}") for number in range(60)))
    member.post(f"{deal}/events", json={"facts": [noted(f"Visit {number}") for number in range(60)]})
    state = member.get(f"{deal}?include=timeline,trust")
    whole = member.get(f"{deal}/timeline?limit=500").json()
    assert "Link" not in state.headers
    told = state.json()["timeline"]
    assert (len(told["entries"]), told["header"]) == (100, whole["header"])
    member.post(f"{deal}/events", json=noted("Later than the first page"))
    rest = member.get(told["next"]).json()
    assert rest["next"] is None
    assert told["entries"] + rest["entries"] == whole["entries"]


def test_pages_know_what_the_first_page_knew(member: httpx.Client) -> None:
    deal = an_old_deal(member)
    first = member.get(f"{deal}/timeline?limit=3").json()
    member.post(f"{deal}/events", json=ago(4, noted("late")))
    found = first["entries"] + all_pages(member, first["next"], "entries")
    assert "A note: “late”" not in [one["summary"] for one in found]
    late = [one for one in member.get(f"{deal}/timeline").json()["entries"] if one["summary"] == "A note: “late”"]
    assert [one["learned_later"] for one in late] == [True]


def test_entries_are_chosen_by_family_side_and_dimension(member: httpx.Client) -> None:
    deal = an_old_deal(member)
    for query, kinds in (
        ("family=objections", ["objection.raised"]),
        ("dimension=product", ["objection.raised"]),
        ("side=coach", []),
    ):
        page = member.get(f"{deal}/timeline?{query}").json()
        assert [one["type"] for one in page["entries"]] == kinds
    refused(member.get(f"{deal}/timeline?side=nobody"))
    refused(member.get(f"{deal}/timeline?policy=trust/99"))


def test_as_of_makes_the_answer_a_pure_one(member: httpx.Client) -> None:
    deal = an_old_deal(member)
    as_of = (datetime.now(UTC) - timedelta(days=4)).isoformat().replace("+00:00", "Z")
    then = member.get(f"{deal}/timeline", params={"as_of": as_of})
    assert len(then.json()["entries"]) == 5
    copy = {"If-None-Match": then.headers["ETag"]}
    assert member.get(f"{deal}/timeline", params={"as_of": as_of}, headers=copy).status_code == 304
    assert member.get(f"{deal}/timeline", headers=copy).status_code == 200
    refused(member.get(f"{deal}/timeline?as_of=2020-01-01T00:00:00Z"), 404)


def test_a_cursor_belongs_to_its_question(world: World, member: httpx.Client) -> None:
    deal = an_old_deal(member)
    following = member.get(f"{deal}/timeline?limit=1").json()["next"]
    cursor = following.partition("cursor=")[2]
    for address in (
        f"{deal}/timeline?cursor={cursor}&direction=backward",
        f"{deal}/timeline?cursor={cursor}&side=buyer",
        f"{deal}/replay?cursor={cursor}",
    ):
        assert refused(member.get(address))["type"] == "/problems/cursor-not-valid"
    with client(world, world.here.owner) as owner:
        refused(owner.get(following))


def test_private_facts_are_in_their_owners_story_only(member: httpx.Client, owner: httpx.Client) -> None:
    deal = an_old_deal(member)
    member.post(f"{deal}/events", json={**noted("for me"), "visibility": "private"})
    mine, theirs = (http.get(f"{deal}/timeline").json()["entries"] for http in (member, owner))
    assert len(mine) == len(theirs) + 1
    assert "for me" not in str(theirs)


def test_a_guest_is_told_what_is_shared_and_nothing_else(world: World, member: httpx.Client) -> None:
    deal = f"/v1/deals/{world.here.guests_deal}"
    shared = {**opened(), "stream_id": str(world.here.guests_deal), "visibility": "shared"}
    assert member.post("/v1/deals", json=shared).status_code in (201, 409)  # another test may have opened it
    with client(world, world.here.guest) as guest:
        before = guest.get(f"{deal}/timeline").json()
        size = guest.get(f"{deal}/audit").json()["totals"]["facts"]
        assert member.post(f"{deal}/events", json={**noted("for guests"), "visibility": "shared"}).status_code == 201
        after = guest.get(f"{deal}/timeline").json()
        assert len(after["entries"]) == len(before["entries"]) + 1
        assert after["entries"][-1]["summary"] == "A note: “for guests”"
        assert guest.get(f"{deal}/audit").json()["totals"]["facts"] == size + 1
        assert guest.get(f"{deal}/replay").json()["steps"][-1]["event"]["data"]["text"] == "for guests"
        known = {"against_known_at": before["known_at"] or 0}
        entered = guest.get(f"{deal}/difference", params=known).json()["difference"]["entered"]
        assert "A note: “for guests”" in [one["summary"] for one in entered]
