"""Differences over HTTP: what was learned, what happened, and which facts changed which answer."""

import httpx

from tests.http.conftest import World, a_deal, client, fact, noted
from tests.http.test_decoding import refused


def test_without_a_key_or_in_another_workspace_nothing_is_compared(
    member: httpx.Client, nobody: httpx.Client, stranger: httpx.Client
) -> None:
    deal = a_deal(member)
    refused(nobody.get(f"{deal}/difference"), 401)
    refused(stranger.get(f"{deal}/difference"), 404)
    refused(member.get(f"{deal}/difference?as_of=2020-01-01T00:00:00Z&against_as_of=2020-01-02T00:00:00Z"), 404)


def test_what_was_learned_between_two_log_sizes(member: httpx.Client) -> None:
    deal = a_deal(member, noted())
    size = member.get(f"{deal}/events").json()["known_at"]
    me = member.get("/v1/me").json()["party_id"]
    said = {"dimension": "product", "category": "fit", "statement": "Too big", "raised_by": me}
    raised = member.post(f"{deal}/events", json=fact("objection.raised", **said)).json()["events"][0]
    answer = member.get(f"{deal}/difference", params={"against_known_at": size}).json()
    assert (answer["against_known_at"], answer["known_at"], answer["policy"]) == (size, size + 1, "trust/1")
    found = answer["difference"]
    assert [one["event_id"] for one in found["entered"]] == [raised["event_id"]]
    changed = {one["name"]: one for one in found["changed"]}
    assert changed["objections"]["responsible"] == [raised["event_id"]]
    assert (changed["objections"]["before"]["raised"], changed["objections"]["after"]["raised"]) == (0, 1)
    assert changed["state"]["after"]["objections_open"] == 1
    assert "forces" in found["unchanged"]


def test_what_happened_since_before_the_beginning(member: httpx.Client) -> None:
    deal = a_deal(member, noted())
    found = member.get(f"{deal}/difference?against_as_of=2020-01-01T00:00:00Z").json()["difference"]
    assert [one["type"] for one in found["entered"]] == ["deal.opened", "note.recorded"]
    assert found["changed"][0]["before"] is None


def test_a_stream_is_not_held_against_itself(member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member, noted())
    for asked in ("", "?as_of=2020-01-01T00:00:00Z", "?known_at=1"):
        problem = refused(member.get(f"{deal}/difference{asked}"), 400)
        assert (problem["type"], problem["parameter"]) == ("/problems/query-malformed", "against_as_of")
        assert problem["accepted"] == ["against_as_of", "against_known_at"]
        refused(stranger.get(f"{deal}/difference{asked}"), 404)


def test_a_private_fact_is_nobody_elses_difference(world: World, member: httpx.Client) -> None:
    deal = a_deal(member)
    size = member.get(f"{deal}/events").json()["known_at"]
    member.post(f"{deal}/events", json={**noted("for me"), "visibility": "private"})
    with client(world, world.here.owner) as owner:
        assert owner.get(f"{deal}/difference?against_known_at={size}").json()["difference"]["entered"] == []
    assert len(member.get(f"{deal}/difference?against_known_at={size}").json()["difference"]["entered"]) == 1


def test_a_policy_that_is_not_there_is_refused(member: httpx.Client) -> None:
    refused(member.get(f"{a_deal(member)}/difference?against_known_at=0&policy=trust/99"))
