"""Answers over many streams: a person's trust, deals compared, goals and what they serve."""

from typing import Any
from uuid import uuid4

import httpx

from tests.http.conftest import World, client, fact
from tests.http.test_projections import a_goal

BUYER = str(uuid4())


def a_deal_with_a_buyer(http: httpx.Client, *facts: dict[str, Any], **more: Any) -> str:
    joined = fact("participant.joined", party_id=BUYER, side="buyer", name="Rens")
    opened = fact("deal.opened", title="Depots") | more
    answer = http.post("/v1/deals", json={"facts": [opened, joined, *facts]})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def broken_by(party: str) -> list[dict[str, Any]]:
    name = str(uuid4())
    made = {"commitment_id": name, "debtor": party, "creditor": BUYER, "statement": "Send the figures"}
    return [fact("commitment.made", **made), fact("commitment.broken", commitment_id=name)]


def test_a_persons_trust_adds_up_the_streams_that_the_caller_sees(world: World, owner: httpx.Client) -> None:
    me = owner.get("/v1/me").json()["party_id"]
    a_deal_with_a_buyer(owner, *broken_by(me))
    a_deal_with_a_buyer(owner, *broken_by(me), visibility="private")
    mine = owner.get(f"/v1/parties/{me}/trust").json()
    (seller,) = [leg for leg in mine["trust"]["dimensions"] if leg["dimension"] == "seller"]
    assert seller["evidence_against"] == 2
    assert mine["policy"] == "trust/1"
    with client(world, world.here.auditor) as auditor:
        (theirs,) = [
            leg
            for leg in auditor.get(f"/v1/parties/{me}/trust").json()["trust"]["dimensions"]
            if leg["dimension"] == "seller"
        ]
    assert theirs["evidence_against"] == 1
    assert owner.get(f"/v1/parties/{uuid4()}/trust").status_code == 404


def test_a_strangers_question_about_a_person_finds_nobody(owner: httpx.Client, stranger: httpx.Client) -> None:
    me = owner.get("/v1/me").json()["party_id"]
    a_deal_with_a_buyer(owner)
    assert stranger.get(f"/v1/parties/{me}/trust").status_code == 404


def test_a_goal_is_read_with_what_supports_it_and_nobody_elses(member: httpx.Client, stranger: httpx.Client) -> None:
    root, child = a_goal(member), a_goal(member)
    parent = root.rpartition("/")[2]
    linked = member.post(f"{child}/events", json=fact("goal.linked", parent=parent, relation="supports"))
    assert linked.status_code == 201, linked.text
    tree = member.get(f"{root}/tree").json()["tree"]
    assert [(node["goal_id"], node["depth"]) for node in tree["nodes"]] == [
        (parent, 0),
        (child.rpartition("/")[2], 1),
    ]
    before = member.get(f"{root}/tree", params={"known_at": linked.json()["events"][0]["position"]}).json()["tree"]
    assert len(before["nodes"]) == 1
    assert stranger.get(f"{root}/tree").status_code == 404


def test_deals_are_compared_with_counts_and_a_caution(stranger: httpx.Client) -> None:
    first = stranger.get("/v1/patterns").json()["patterns"]["deals"]
    closed = fact("deal.closed", outcome="lost")
    a_deal_with_a_buyer(stranger, closed)
    a_deal_with_a_buyer(stranger)
    answer = stranger.get("/v1/patterns").json()
    found = answer["patterns"]
    assert (found["deals"], found["closed"]) == (first + 2, found["closed"])
    assert found["closed"] >= 1
    assert found["caution"]
    assert all(table["hypothesis"] for table in found["tables"])
    assert stranger.get("/v1/patterns?known_at=0").json()["patterns"]["deals"] == 0
