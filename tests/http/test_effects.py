"""What recorded facts did, and rehearsed ones would do, told with the answer."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from tests.http.conftest import World, a_deal, client, fact, noted, opened
from tests.http.test_decoding import refused


def pressed(**more: Any) -> dict[str, Any]:
    return fact("pressure.applied", kind="chasing", beneficiary="seller") | more


def pushed(intensity: int) -> dict[str, Any]:
    return fact("force.observed", force_id=str(uuid4()), force="push", statement="It hurts", intensity=intensity)


def test_nothing_is_told_unless_it_is_asked_for(member: httpx.Client) -> None:
    assert "effects" not in member.post("/v1/deals", json=opened()).json()
    assert "effects" not in member.post(f"{a_deal(member)}/events?effects=false", json=noted()).json()
    refused(member.post(f"{a_deal(member)}/events?effects=yes", json=noted()))


def test_effects_are_those_that_the_timeline_tells(member: httpx.Client) -> None:
    deal = a_deal(member)
    facts = [pressed(), pushed(3), fact("qualification.updated", topic="spend", status="stated"), noted()]
    answer = member.post(f"{deal}/events?effects=true", json={"facts": facts})
    assert answer.status_code == 201, answer.text
    found = answer.json()["effects"]
    told = {one["event_id"]: one["effect"] for one in member.get(f"{deal}/timeline").json()["entries"]}
    assert found["events"] == [
        {"event_id": one["event_id"], "effect": told[one["event_id"]]} for one in answer.json()["events"]
    ]
    assert [(one["dimension"], one["score_before"]) for one in found["trust"]] == [("seller", 0.5)]
    assert found["forces_net"] == {"before": None, "after": 3}
    assert found["coverage"] == {"before": 0.0, "after": 0.2}
    assert found["policy"] == "trust/1"
    now = member.get(f"{deal}/trust").json()["trust"]["dimensions"][0]
    assert abs(found["trust"][0]["score"] - now["score"]) < 0.00001


def test_a_rehearsal_tells_what_the_recording_then_does(member: httpx.Client) -> None:
    deal = a_deal(member)
    sent = {"facts": [pressed(event_id=str(uuid4())), pushed(2) | {"event_id": str(uuid4())}]}
    for one in sent["facts"]:
        one["occurred_at"] = datetime.now(UTC).isoformat()
    before = member.get(f"{deal}/events").content
    rehearsed = member.post(f"{deal}/events?dry_run=true&effects=true", json=sent)
    assert rehearsed.status_code == 200, rehearsed.text
    assert member.get(f"{deal}/events").content == before
    recorded = member.post(f"{deal}/events?effects=true", json=sent)
    once_more = member.post(f"{deal}/events?effects=true", json=sent)
    assert (recorded.status_code, once_more.status_code) == (201, 200)
    for answer in (rehearsed, once_more):
        assert answer.json()["effects"]["events"] == recorded.json()["effects"]["events"]
        assert answer.json()["effects"]["forces_net"] == {"before": None, "after": 2}


def test_opening_tells_which_signals_come(member: httpx.Client) -> None:
    for query in ("effects=true", "effects=true&dry_run=true"):
        found = member.post(f"/v1/deals?{query}", json={"facts": [opened(), pressed()]}).json()["effects"]
        assert [one["name"] for one in found["signals_came"]] == ["no_next_step", "no_owner_of_outcome"]
        assert (found["signals_went"], [one["dimension"] for one in found["trust"]]) == ([], ["seller"])


def test_what_others_recorded_meanwhile_is_not_told(member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member)
    mine = pushed(2) | {"event_id": str(uuid4())}
    first = member.post(f"{deal}/events?effects=true", json=mine).json()["effects"]
    owner.post(f"{deal}/events", json=pushed(5))
    again = member.post(f"{deal}/events?effects=true", json=mine).json()["effects"]
    assert again["forces_net"] == first["forces_net"] == {"before": None, "after": 2}


def test_facts_that_the_caller_may_not_see_do_not_show(world: World, member: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(member)
    owner.post(f"{deal}/events", json=pushed(5) | {"visibility": "private"})
    with client(world, world.here.member) as mine:
        found = mine.post(f"{deal}/events?effects=true", json=pushed(2)).json()["effects"]
    assert found["forces_net"] == {"before": None, "after": 2}
    refused(mine_without_a_key(world, deal), 401)


def mine_without_a_key(world: World, deal: str) -> httpx.Response:
    with client(world, None) as nobody:
        return nobody.post(f"{deal}/events?effects=true", json=noted())
