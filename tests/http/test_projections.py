"""What a stream can be asked over HTTP: every resource by itself, several at once, at two times, as a picture."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx
import pytest

from projections.resources import RESOURCES
from service.http.pictured import PICTURES
from tests.http.conftest import World, a_deal, client, fact

SVG = "{http://www.w3.org/2000/svg}"
OF_DEALS = [name for name, resource in RESOURCES.items() if "deal" in resource.kinds]

POLICIES = ["strict/1", "trust/1"]


def a_goal(http: httpx.Client) -> str:
    answer = http.post(
        "/v1/goals",
        json={
            "type": "goal.set",
            "data": {"statement": "Speak Portuguese at home", "horizon": "medium"},
            "visibility": "team",
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def pushed(statement: str = "Two planners quit", **more: Any) -> dict[str, Any]:
    return fact("force.observed", force="push", statement=statement, intensity=4) | more


@pytest.mark.parametrize("name", RESOURCES)
@pytest.mark.parametrize("kind", ["deal", "goal"])
def test_every_resource_answers_where_it_is_declared_and_only_there(member: httpx.Client, name: str, kind: str) -> None:
    stream = a_deal(member) if kind == "deal" else a_goal(member)
    answer = member.get(f"{stream}/{name}")
    if kind not in RESOURCES[name].kinds:
        assert answer.status_code == 404
        return
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["stream_id"] == stream.removeprefix("/v1/").replace("s/", "/", 1)
    assert body["stream_version"] == 1
    assert isinstance(body[RESOURCES[name].key], dict)
    assert ("policy" in body) == RESOURCES[name].by_policy
    assert ("changes_at" in body[RESOURCES[name].key]) == RESOURCES[name].timed


@pytest.mark.parametrize("name", OF_DEALS)
def test_no_resource_tells_a_stranger_more_than_a_stream_that_is_not_there(
    member: httpx.Client, stranger: httpx.Client, nobody: httpx.Client, name: str
) -> None:
    deal = a_deal(member)
    assert nobody.get(f"{deal}/{name}").status_code == 401
    theirs, missing = stranger.get(f"{deal}/{name}"), stranger.get(f"/v1/deals/{uuid4()}/{name}")
    assert theirs.status_code == missing.status_code == 404
    assert theirs.json()["detail"] == missing.json()["detail"]


def test_included_answers_are_those_of_the_resources_themselves(member: httpx.Client) -> None:
    deal = a_deal(member, pushed())
    moment = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    whole = member.get(deal, params={"include": ",".join(OF_DEALS), "as_of": moment}).json()
    for name in OF_DEALS:
        key = RESOURCES[name].key
        assert whole[key] == member.get(f"{deal}/{name}", params={"as_of": moment}).json()[key]
    assert member.get(deal).json().keys() == whole.keys() - {RESOURCES[name].key for name in OF_DEALS}


def test_an_unknown_name_or_policy_is_refused_with_those_there_are(member: httpx.Client) -> None:
    deal = a_deal(member)
    unknown = member.get(f"{deal}?include=forces,weather")
    assert (unknown.status_code, unknown.json()["parameter"]) == (400, "include")
    assert unknown.json()["accepted"] == sorted([*OF_DEALS, "timeline"])
    policy = member.get(f"{deal}/signals?policy=trust/99")
    assert (policy.status_code, policy.json()["parameter"], policy.json()["accepted"]) == (400, "policy", POLICIES)
    assert member.get(f"{deal}/signals?policy=trust/1").json()["policy"] == "trust/1"


def test_an_answer_is_cut_at_both_times(member: httpx.Client) -> None:
    deal = a_deal(member, pushed(occurred_at="2026-03-02T09:00:00Z"))
    before = member.get(f"{deal}/forces").json()
    member.post(f"{deal}/events", json=pushed("Overtime is up", occurred_at="2026-03-01T09:00:00Z"))
    assert member.get(f"{deal}/forces").json()["forces"]["push"] == 8
    early = member.get(f"{deal}/forces?as_of=2026-03-01T10:00:00Z")
    assert early.status_code == 404  # the deal itself was opened later
    again = member.get(f"{deal}/forces", params={"known_at": before["known_at"]}).json()
    assert again["forces"] == before["forces"]


def test_a_copy_holds_as_long_as_the_answer_does(member: httpx.Client) -> None:
    deal = a_deal(member, pushed())
    etag = member.get(f"{deal}/forces").headers["ETag"]
    held = {"If-None-Match": etag}
    assert member.get(f"{deal}/forces", headers=held).status_code == 304
    assert member.get(f"{deal}/objections", headers=held).status_code == 200  # ages by itself
    assert member.get(f"{deal}/objections?as_of=2030-01-01T00:00:00Z", headers=held).status_code == 304
    member.post(f"{deal}/events", json=pushed())
    assert member.get(f"{deal}/forces", headers=held).status_code == 200


def test_what_is_private_is_in_nobody_elses_answer(world: World, member: httpx.Client) -> None:
    deal = a_deal(member, pushed("Everybody may know"), pushed("My own doubt", visibility="private"))
    assert member.get(f"{deal}/forces").json()["forces"]["push"] == 8
    with client(world, world.here.auditor) as auditor:
        whole = auditor.get(f"{deal}/forces")
        assert whole.json()["forces"]["push"] == 4
        assert "My own doubt" not in whole.text
        assert "My own doubt" not in auditor.get(f"{deal}/forces.svg").text


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_a_title_and_says_in_words_what_it_shows(member: httpx.Client, name: str) -> None:
    stream = a_deal(member, pushed("<script>alert(1)</script> & more")) if name in OF_DEALS else a_goal(member)
    by_address = member.get(f"{stream}/{name}.svg")
    by_form = member.get(f"{stream}/{name}", headers={"Accept": "image/svg+xml"})
    assert by_form.status_code == by_address.status_code == 200
    assert by_address.headers["Content-Type"] == by_form.headers["Content-Type"] == "image/svg+xml"
    picture = ET.fromstring(by_address.content)  # noqa: S314  # our own answer, in which declarations would be a defect
    assert picture.tag == f"{SVG}svg"
    assert picture.get("role") == "img"
    for part in ("title", "desc"):
        told = picture.find(f"{SVG}{part}")
        assert told is not None
        assert told.text
    assert not picture.findall(f".//{SVG}script")
    assert "prefers-color-scheme: dark" in by_address.text


def test_the_state_comes_with_how_things_look_now(member: httpx.Client) -> None:
    first = fact("deal.opened", title="Nobody came back") | {"occurred_at": "2026-03-02T09:00:00Z"}
    deal = member.post("/v1/deals", json=first).headers["Location"]
    looks = member.get(deal).json()["outlook"]
    assert looks["trust"] == {"weakest_dimension": "seller", "score": 0.5, "uncertainty": 1.0, "label": "unknown"}
    assert "no_next_step" in looks["signals"]
    then = member.get(f"{deal}?as_of=2026-03-03T09:00:00Z").json()["outlook"]
    assert "silence" in looks["signals"]
    assert "silence" not in then["signals"]
    assert then["changes_at"] == "2026-03-09T09:00:00Z"
    (row,) = member.get("/v1/deals?text=nobody+came+back").json()["items"]
    assert (row["trust"], row["signals"]) == (looks["trust"], looks["signals"])


def test_trust_is_told_and_drawn_as_it_moved(member: httpx.Client) -> None:
    deal = a_deal(member, *(fact("feature.presented", feature=f"Feature {number}") for number in range(5)))
    whole = member.get(f"{deal}/trust/history?spaced=4").json()
    assert (len(whole["points"]), whole["points_total"], whole["next"]) == (5, 5, None)
    assert all(change["change"] < 0 for point in whole["points"] for change in point["changes"])
    found: list[Any] = []
    following: str | None = f"{deal}/trust/history?limit=2"
    while following:
        page = member.get(following).json()
        assert page["points_total"] == 5
        found += page["points"]
        following = page["next"]
    assert found == whole["points"]
    now = member.get(f"{deal}/trust").json()["trust"]["dimensions"][1]
    assert whole["spaced"][-1]["scores"]["product"] == pytest.approx(now["score"], abs=1e-4)
    drawing = member.get(f"{deal}/trust/history.svg")
    assert drawing.headers["Content-Type"] == "image/svg+xml"
    told = ET.fromstring(drawing.content).find(f"{SVG}desc")  # noqa: S314  # our own answer
    assert told is not None
    assert "5 times something lowered one" in str(told.text)
    by_form = member.get(f"{deal}/trust/history", headers={"Accept": "image/svg+xml"})
    assert by_form.headers["Content-Type"] == "image/svg+xml"


def test_a_policy_is_published_in_the_bytes_that_its_digest_is_of(nobody: httpx.Client) -> None:
    listed = nobody.get("/v1/policies").json()
    assert listed["in_force"] == "trust/1"
    assert [entry["policy"] for entry in listed["policies"]] == POLICIES[::-1]
    for entry in reversed(listed["policies"]):
        document = nobody.get(entry["address"])
        assert sha256(document.content).hexdigest() == entry["sha256"]
        assert f"{document.json()['name']}/{document.json()['version']}" == entry["policy"]
    assert nobody.get("/v1/policies/trust/99").status_code == 404
    assert nobody.get("/v1/policies/trust/1", headers={"If-None-Match": document.headers["ETag"]}).status_code == 304
