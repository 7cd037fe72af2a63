"""What voids took out of trust, asked over HTTP: at two times, under a policy, with what the caller may see."""

from typing import Any
from uuid import uuid4

import httpx

from tests.http.conftest import a_deal, fact, noted


def pressed(http: httpx.Client, **more: Any) -> tuple[str, str]:
    """A deal with pressure on it, and the id of that fact."""
    deal = a_deal(http)
    return deal, recorded(http, deal, fact("pressure.applied", kind="chasing", beneficiary="seller") | more)


def recorded(http: httpx.Client, deal: str, *facts: dict[str, Any]) -> str:
    answer = http.post(f"{deal}/events", json={"facts": facts})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["events"][-1]["event_id"])


def voiding(event_id: str) -> dict[str, Any]:
    return fact("event.voided", target_event_id=event_id, reason="Written on the wrong deal")


def test_before_anything_is_voided_nothing_is_taken_out(member: httpx.Client) -> None:
    deal, _ = pressed(member)
    answer = member.get(f"{deal}/trust/voided").json()
    assert answer["voided"] == {"facts": 0, "dimensions": []}
    assert (answer["stream_version"], answer["policy"]) == (2, "trust/1")


def test_a_void_tells_what_it_took_out_and_was_not_known_before(member: httpx.Client) -> None:
    deal, pressure = pressed(member)
    before = member.get(f"{deal}/trust/voided").json()
    recorded(member, deal, noted(), voiding(pressure))
    now = member.get(f"{deal}/trust/voided").json()
    assert now["voided"]["facts"] == 1
    (seller,) = now["voided"]["dimensions"]
    assert (seller["dimension"], seller["evidence_for"]) == ("seller", 0)
    assert 0.99 < seller["evidence_against"] <= 1
    then = member.get(f"{deal}/trust/voided", params={"known_at": before["known_at"]}).json()
    assert then["voided"] == before["voided"]


def test_what_had_not_happened_by_then_was_not_taken_out_either(member: httpx.Client) -> None:
    deal, pressure = pressed(member)
    recorded(member, deal, voiding(pressure))
    first = member.get(f"{deal}/events").json()["events"][0]["occurred_at"]
    answer = member.get(f"{deal}/trust/voided", params={"as_of": first})
    assert answer.json()["voided"]["dimensions"] == []
    again = member.get(
        f"{deal}/trust/voided", params={"as_of": first}, headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304


def test_what_is_hidden_is_not_told(member: httpx.Client, owner: httpx.Client) -> None:
    deal, pressure = pressed(member, visibility="private")
    recorded(member, deal, voiding(pressure))
    assert member.get(f"{deal}/trust/voided").json()["voided"]["facts"] == 1
    assert owner.get(f"{deal}/trust/voided").json()["voided"] == {"facts": 0, "dimensions": []}


def test_a_stranger_and_a_caller_without_a_key_learn_nothing(
    member: httpx.Client, stranger: httpx.Client, nobody: httpx.Client
) -> None:
    deal, _ = pressed(member)
    assert nobody.get(f"{deal}/trust/voided").status_code == 401
    absent = stranger.get(f"/v1/deals/{uuid4()}/trust/voided")
    hidden = stranger.get(f"{deal}/trust/voided")
    assert hidden.status_code == absent.status_code == 404
    assert hidden.content == absent.content
