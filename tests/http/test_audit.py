"""The audit over HTTP: who recorded what, what became of it, and what somebody could see then."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import World, a_deal, client, fact, noted
from tests.http.test_decoding import refused
from tests.http.test_reading import all_pages


def record(http: httpx.Client, deal: str, said: dict[str, Any]) -> dict[str, Any]:
    answer = http.post(f"{deal}/events", json=said)
    assert answer.status_code == 201, answer.text
    event: dict[str, Any] = answer.json()["events"][0]
    return event


def test_without_a_key_or_in_another_workspace_there_is_no_audit(
    member: httpx.Client, nobody: httpx.Client, stranger: httpx.Client
) -> None:
    deal = a_deal(member)
    refused(nobody.get(f"{deal}/audit"), 401)
    refused(stranger.get(f"{deal}/audit"), 404)


def test_the_record_shows_both_sides_of_every_change(member: httpx.Client) -> None:
    deal = a_deal(member)
    note = record(member, deal, noted("wrong"))
    corrected = {"target_event_id": note["event_id"], "data": {"text": "right"}, "reason": "Misheard"}
    record(member, deal, fact("event.corrected", **corrected))
    record(member, deal, fact("event.voided", target_event_id=note["event_id"], reason="Twice"))
    page = member.get(f"{deal}/audit").json()
    assert [one["change"] and one["change"]["kind"] for one in page["entries"]] == [None, None, "correction", "void"]
    change = page["entries"][2]["change"]
    assert (change["before"]["text"], change["after"]["text"]) == ("wrong", "right")
    assert page["entries"][3]["change"]["target"]["text"] == "right"
    assert page["entries"][1]["voided_by"] == page["entries"][3]["event_id"]
    assert (page["totals"]["facts"], page["totals"]["voids"], page["totals"]["corrections"]) == (4, 1, 1)
    assert (page["as_seen_by"], page["seen_as"]) == (None, None)
    only = member.get(f"{deal}/audit?only=void").json()
    assert [one["type"] for one in only["entries"]] == ["event.voided"]
    assert only["totals"] == page["totals"]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_pages_hold_every_entry_once_and_know_what_the_first_knew(member: httpx.Client, direction: str) -> None:
    deal = a_deal(member, *(noted(str(number)) for number in range(5)))
    first = member.get(f"{deal}/audit?limit=2&direction={direction}").json()
    record(member, deal, noted("meanwhile"))
    found = first["entries"] + all_pages(member, first["next"], "entries")
    versions = [one["stream_version"] for one in found]
    assert versions == sorted(range(1, 7), reverse=direction == "backward")


def test_a_copy_of_the_record_holds_until_something_is_recorded(member: httpx.Client) -> None:
    deal = a_deal(member)
    answer = member.get(f"{deal}/audit")
    copy = {"If-None-Match": answer.headers["ETag"]}
    assert member.get(f"{deal}/audit", headers=copy).status_code == 304
    record(member, deal, noted())
    assert member.get(f"{deal}/audit", headers=copy).status_code == 200


def test_an_auditor_asks_what_somebody_could_see_then(world: World, member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member, noted("for the team"), {**noted("for those who take part"), "visibility": "participants"})
    note = record(member, deal, {**noted("for me"), "visibility": "private"})
    widened = record(member, deal, fact("visibility.widened", target_event_id=note["event_id"], to="team"))
    coach = world.here.coach.party_id
    with client(world, world.here.auditor) as auditor:
        now = auditor.get(f"{deal}/audit", params={"as_seen_by": str(coach)}).json()
        then = auditor.get(f"{deal}/audit", params={"as_seen_by": str(coach), "known_at": widened["position"]}).json()
        strangers = auditor.get(f"{deal}/audit", params={"as_seen_by": str(uuid4())}).json()
    assert (now["as_seen_by"], now["seen_as"]) == (str(coach), "coach")
    assert [one["stream_version"] for one in now["entries"]] == [1, 2, 4, 5]
    assert [one["stream_version"] for one in then["entries"]] == [1, 2]
    assert (strangers["entries"], strangers["seen_as"], strangers["totals"]["facts"]) == ([], None, 0)
    guests = owner.get(f"{deal}/audit", params={"as_seen_by": str(world.here.guest.party_id)}).json()
    assert guests["entries"] == []


def test_only_who_may_inspect_looks_through_the_eyes_of_others(world: World, member: httpx.Client) -> None:
    deal = a_deal(member)
    coach = str(world.here.coach.party_id)
    problem = refused(member.get(f"{deal}/audit", params={"as_seen_by": coach}), 403)
    assert (problem["type"], problem["permission"]) == ("/problems/role-forbids", "inspect")
    assert member.get(f"{deal}/audit?as_seen_by=me").json()["seen_as"] == "member"


def test_a_cursor_belongs_to_its_question(member: httpx.Client) -> None:
    deal = a_deal(member, noted(), noted())
    cursor = member.get(f"{deal}/audit?limit=1").json()["next"].partition("cursor=")[2]
    for query in ("direction=backward", "only=late", "as_seen_by=me"):
        assert refused(member.get(f"{deal}/audit?cursor={cursor}&{query}"))["type"] == "/problems/cursor-not-valid"


def test_the_workspaces_own_record_is_for_those_who_inspect(
    world: World, member: httpx.Client, owner: httpx.Client
) -> None:
    refused(member.get("/v1/audit"), 403)
    with client(world, world.here.auditor) as auditor:
        page = auditor.get("/v1/audit?limit=3").json()
    assert page["entries"][0]["stream_version"] == 1
    assert {one["type"] for one in page["entries"]} <= {"credential.issued", "member.joined"}
    assert page["stream_id"] == f"workspace/{world.here.id}"
    assert [one["stream_version"] for one in all_pages(owner, "/v1/audit?limit=2", "entries")][:3] == [1, 2, 3]
