"""A guest, from the invitation to the confirmed promise: the word of the other side, through a key to one stream."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.conftest import Person, World, a_deal, client, fact, noted


class Invited:
    """A deal of the team with a buyer, who is invited to it."""

    def __init__(self, world: World, member: httpx.Client) -> None:
        self.buyer = str(uuid4())
        self.deal = a_deal(member, fact("participant.joined", party_id=self.buyer, side="buyer", name="Ruben Haak"))
        answer = member.post(f"{self.deal}/guests", json={"party_id": self.buyer, "name": "Ruben's phone"})
        assert answer.status_code == 201, answer.text
        self.credential = answer.json()["credential"]
        self.http = client(world, Person(uuid4(), answer.json()["key"]))


@pytest.fixture
def invited(world: World, member: httpx.Client) -> Iterator[Invited]:
    made = Invited(world, member)
    with made.http:
        yield made


def said(http: httpx.Client, invited: Invited, told: dict[str, Any], **more: Any) -> dict[str, Any]:
    answer = http.post(f"{invited.deal}/events", json={**told, **more})
    assert answer.status_code == 201, answer.text
    event: dict[str, Any] = answer.json()["events"][0]
    return event


def test_a_guest_confirms_and_disputes_and_that_is_the_counterparty_s_word(
    world: World, member: httpx.Client, invited: Invited
) -> None:
    seller = str(world.here.member.party_id)
    for promise, verdict in ((str(uuid4()), "confirmed"), (str(uuid4()), "disputed")):
        promised = fact(
            "commitment.made", commitment_id=promise, debtor=seller, creditor=invited.buyer, statement="Send the list"
        )
        assert said(member, invited, promised, visibility="shared")["attestation"] == "self"
        said(member, invited, fact("commitment.fulfilled", commitment_id=promise), visibility="shared")
        because = {"because": "It never came"} if verdict == "disputed" else {}
        step = fact(f"commitment.{verdict}", commitment_id=promise, by=invited.buyer, **because)
        vouched = said(invited.http, invited, step)
        assert (vouched["attestation"], vouched["visibility"]) == ("counterparty", "shared")
        assert vouched["actor"]["party_id"] == invited.buyer


def test_a_guest_objects_and_confirms_that_it_is_settled(member: httpx.Client, invited: Invited) -> None:
    objection = str(uuid4())
    doubt = fact(
        "objection.raised", objection_id=objection, dimension="product", category="risk", statement="Not another app",
        raised_by=invited.buyer,
    )  # fmt: skip
    assert said(invited.http, invited, doubt)["visibility"] == "shared"
    said(member, invited, fact("objection.answered", objection_id=objection, answer="One depot"), visibility="shared")
    settled = said(invited.http, invited, fact("objection.confirmed", objection_id=objection, by=invited.buyer))
    assert settled["attestation"] == "counterparty"
    assert invited.http.get(invited.deal).json()["state"]["objections_open"] == 0


def test_a_guest_promises_and_answers_what_was_asked(world: World, member: httpx.Client, invited: Invited) -> None:
    asked = said(
        member, invited, fact("question.asked", text="Who plans it?", asked_of=invited.buyer, intent="learn"),
        visibility="shared",
    )  # fmt: skip
    answer = fact("question.answered", question_id=asked["data"]["question_id"], answer="Ida")
    assert said(invited.http, invited, answer)["acting_party"] == invited.buyer
    seller = invited.http.get(invited.deal).json()["state"]["participants"][0]["party_id"]
    assert seller == str(world.here.member.party_id), "an invitation tells who opened the deal"
    made = fact("commitment.made", debtor=invited.buyer, creditor=seller, statement="Ask the drivers", next_step=True)
    said(invited.http, invited, made)
    assert member.get(invited.deal).json()["state"]["promises_open"] == 1


def test_a_guest_of_a_deal_that_is_not_shared_reads_it_without_the_team_s_facts(
    member: httpx.Client, invited: Invited
) -> None:
    said(member, invited, noted("Only among us"))
    said(member, invited, noted("For Ruben"), visibility="shared")
    guest, stream = invited.http, invited.deal.rpartition("/")[2]
    answers = [
        guest.get(path) for path in (invited.deal, f"{invited.deal}/events", "/v1/deals", "/v1/agenda", "/v1/parties")
    ]
    assert [answer.status_code for answer in answers] == [200] * 5
    for answer in answers:
        for hidden in ("Only among us", "Shift planning", "Ruben Haak"):
            assert hidden not in answer.text, answer.url
    state = answers[0].json()["state"]
    assert (state["title"], state["trigger"]) == (None, None)
    assert [one["side"] for one in state["participants"]] == ["seller", "buyer"]
    assert [event["data"] for event in answers[1].json()["events"]] == [{"text": "For Ruben"}]
    assert [row["id"] for row in answers[2].json()["items"]] == [stream]
    opener = state["participants"][0]["party_id"]
    assert {one["party_id"] for one in answers[4].json()["items"]} == {opener, invited.buyer}
    assert guest.get("/v1/goals").json()["items"] == []
    first = member.get(f"{invited.deal}/events").json()["events"][0]["event_id"]
    hidden_fact, absent = guest.get(f"{invited.deal}/events/{first}"), guest.get(f"{invited.deal}/events/{uuid4()}")
    assert (hidden_fact.status_code, hidden_fact.content) == (404, absent.content)


def test_what_a_guest_may_not_say_is_refused_by_name(invited: Invited) -> None:
    for told, kind in (
        (fact("deal.closed", outcome="won"), "not-for-guests"),
        (noted() | {"on_behalf_of": invited.buyer}, None),
        (noted() | {"visibility": "team"}, "guest-facts-are-shared"),
    ):
        answer = invited.http.post(f"{invited.deal}/events", json=told)
        assert answer.json().get("type") == (kind and f"/problems/{kind}")


def test_who_takes_part_invites_and_nobody_else(
    world: World, member: httpx.Client, owner: httpx.Client, invited: Invited
) -> None:
    wanted = {"party_id": invited.buyer, "name": "again"}
    assert owner.post(f"{invited.deal}/guests", json=wanted).status_code == 201
    not_there = member.post(f"{invited.deal}/guests", json={**wanted, "party_id": str(uuid4())})
    assert (not_there.status_code, not_there.json()["type"]) == (409, "/problems/not-a-participant")
    others = a_deal(owner, fact("participant.joined", party_id=invited.buyer, side="buyer"))
    refused = member.post(f"{others}/guests", json=wanted)
    assert (refused.status_code, refused.json()["permission"]) == (403, "invite")
    assert invited.http.post(f"{invited.deal}/guests", json=wanted).status_code == 403
    with client(world, world.here.coach) as coach:
        assert coach.post(f"{invited.deal}/guests", json=wanted).status_code == 403


def test_a_private_goal_is_opened_to_a_guest_by_its_owner_alone(
    world: World, member: httpx.Client, owner: httpx.Client
) -> None:
    goal = fact("goal.set", statement="Run a marathon", horizon="long")
    friend = str(uuid4())
    joins = fact("participant.joined", party_id=friend, side="coach")
    address = member.post("/v1/goals", json={"facts": [goal, joins]}).headers["Location"]
    wanted = {"party_id": friend, "name": "a friend"}
    assert owner.post(f"{address}/guests", json=wanted).status_code == 404
    made = member.post(f"{address}/guests", json=wanted)
    assert made.status_code == 201
    with client(world, Person(uuid4(), made.json()["key"])) as guest:
        seen = guest.get(address)
        assert (seen.status_code, seen.json()["state"]["statement"]) == (200, None)
        assert "marathon" not in seen.text + guest.get("/v1/goals").text + guest.get(f"{address}/events").text


def test_an_invitation_is_taken_back_by_who_takes_part(
    member: httpx.Client, owner: httpx.Client, stranger: httpx.Client, invited: Invited
) -> None:
    key = invited.credential["credential_id"]
    listed = member.get(f"{invited.deal}/guests").json()["items"]
    assert [(one["credential_id"], one["role"]) for one in listed] == [(key, "guest")]
    other = a_deal(member)
    assert member.delete(f"{other}/guests/{key}").status_code == 404
    assert stranger.delete(f"{invited.deal}/guests/{key}").status_code == 404
    assert member.delete(f"/v1/credentials/{key}").status_code == 403
    assert member.delete(f"{invited.deal}/guests/{key}").json()["revoked_at"] is not None
    assert invited.http.get(invited.deal).status_code == 401


@pytest.mark.parametrize("scope", ["event", "party", "stream"])
def test_a_guest_is_told_that_something_went_that_they_had_seen_and_of_nothing_else(
    world: World, member: httpx.Client, invited: Invited, scope: str
) -> None:
    guest, stream = invited.http, invited.deal.rpartition("/")[2]

    def doubt(**more: Any) -> dict[str, Any]:
        told = {"dimension": "product", "category": "risk", "statement": "Not another app"}
        return said(member, invited, fact("objection.raised", **told, raised_by=invited.buyer), **more)

    def erase(reason: str, scope: str, **target: str) -> int:
        with client(world, world.here.owner) as owner:
            done = owner.post("/v1/erasures", json={"scope": scope, "reason": reason, **target})
        assert done.status_code == 201, done.text
        return int(done.json()["position"])

    unseen = doubt()
    start = guest.get("/v1/events").json()["next"]
    erase("Of what only the team saw", "event", target_event_id=unseen["event_id"])
    assert guest.get("/v1/events", params={"from": start}).json()["events"] == []
    seen = doubt(visibility="shared")
    target = {
        "event": {"target_event_id": seen["event_id"]},
        "party": {"party_id": invited.buyer},
        "stream": {"stream_id": f"deal/{stream}"},
    }
    erase("Asked for in writing", scope, **target[scope])
    for answer in (
        guest.get("/v1/events", params={"from": start}),
        guest.get("/v1/sync/pull", params={"from": start}),
        guest.get(f"{invited.deal}/events"),
    ):
        told = [one for one in answer.json()["events"] if one["type"] == "content.erased"]
        assert [(one["data"]["scope"], one["data"]["reason"]) for one in told] == [(scope, "Asked for in writing")]
        assert "Not another app" not in answer.text
        assert "only the team" not in answer.text


def test_a_person_s_erasure_is_not_told_to_a_guest_who_saw_nothing_of_them(
    world: World, member: httpx.Client, invited: Invited
) -> None:
    other = str(uuid4())
    said(member, invited, fact("participant.joined", party_id=other, side="buyer", name="Ida"))
    said(member, invited, noted("For Ruben"), visibility="shared")
    with client(world, world.here.owner) as owner:
        done = owner.post("/v1/erasures", json={"scope": "party", "party_id": other, "reason": "Asked for in writing"})
        assert done.status_code == 201, done.text
    assert {one["type"] for one in invited.http.get("/v1/events").json()["events"]} == {"note.recorded"}
