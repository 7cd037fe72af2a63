"""Replaying over HTTP: the changes of all pages make every state, whatever is recorded meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from projections.patch import PatchStep
from tests.http.conftest import World, a_deal, client, fact, noted, opened
from tests.http.test_decoding import refused
from tests.http.test_reading import all_pages
from tests.projections.test_patch import applied


def test_without_a_key_or_in_another_workspace_nothing_is_replayed(
    member: httpx.Client, nobody: httpx.Client, stranger: httpx.Client
) -> None:
    deal = a_deal(member)
    refused(nobody.get(f"{deal}/replay"), 401)
    refused(stranger.get(f"{deal}/replay"), 404)
    refused(member.get(f"{deal.replace('deals', 'goals')}/replay"), 404)


def test_the_changes_of_all_pages_make_every_state(member: httpx.Client) -> None:
    deal = a_deal(member, *(noted(str(number)) for number in range(4)), fact("stage.entered", stage="deciding"))
    steps = all_pages(member, f"{deal}/replay?limit=2", "steps")
    assert [step["event"]["type"] for step in steps] == ["deal.opened", *["note.recorded"] * 4, "stage.entered"]
    state: Any = None
    for step in steps:
        state = applied(state, msgspec.convert(step["change"], list[PatchStep]))
        assert state == step["state"]
    assert state == member.get(deal).json()["state"]


def ago(days: float, proposal: dict[str, Any]) -> dict[str, Any]:
    return {**proposal, "occurred_at": (datetime.now(UTC) - timedelta(days=days)).isoformat()}


def test_pages_know_what_the_first_page_knew(member: httpx.Client) -> None:
    told = [ago(9, opened()), ago(5, noted("first")), ago(3, noted("second"))]
    deal = member.post("/v1/deals", json={"facts": told}).headers["Location"]
    page = member.get(f"{deal}/replay?limit=2").json()
    member.post(f"{deal}/events", json=ago(7, noted("late")))
    following = member.get(page["next"]).json()
    assert [step["event"]["data"]["text"] for step in following["steps"]] == ["second"]
    assert (following["known_at"], following["next"]) == (page["known_at"], None)
    texts = [step["event"]["data"].get("text") for step in all_pages(member, f"{deal}/replay", "steps")]
    assert texts == [None, "late", "first", "second"]


def test_as_of_and_known_at_cut_the_replay(member: httpx.Client) -> None:
    deal = a_deal(member, noted("one"))
    answer = member.get(f"{deal}/replay")
    assert answer.headers["ETag"] == '"2"'
    assert member.get(f"{deal}/replay", headers={"If-None-Match": '"2"'}).status_code == 304
    member.post(f"{deal}/events", json=noted("two"))
    then = member.get(f"{deal}/replay", params={"known_at": answer.json()["known_at"]}).json()
    assert then["steps"] == answer.json()["steps"]
    assert member.get(f"{deal}/replay", params={"as_of": "2020-01-01T00:00:00Z"}).json()["steps"] == []


def test_a_cursor_belongs_to_its_question(world: World, member: httpx.Client) -> None:
    deal = a_deal(member, noted(), noted())
    following = member.get(f"{deal}/replay?limit=1").json()["next"]
    cursor = following.partition("cursor=")[2]
    for address in (
        f"{deal}/replay?cursor={cursor}&known_at=3",
        f"{deal}/events?cursor={cursor}",
        f"{deal}/replay?limit=201",
    ):
        refused(member.get(address))
    with client(world, world.here.owner) as owner:
        refused(owner.get(following))


def test_what_a_caller_may_not_see_is_no_step(world: World, member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member, {**noted("for me"), "visibility": "private"}, noted("for all"))
    steps = all_pages(owner, f"{deal}/replay", "steps")
    assert [step["event"]["stream_version"] for step in steps] == [1, 3]
    assert steps[-1]["state"]["counts"]["record"] == 1
