"""Recording over HTTP: one fact or several, conditions, repeats, rehearsals."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from tests.http.conftest import World, a_deal, fact, noted, opened
from tests.http.test_decoding import refused


def events_of(http: httpx.Client, deal: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = http.get(f"{deal}/events").json()["events"]
    return events


def test_a_fact_cannot_be_recorded_twice_under_one_id_with_other_words(member: httpx.Client) -> None:
    deal, event_id = a_deal(member), str(uuid4())
    assert member.post(f"{deal}/events", json={**noted("One"), "event_id": event_id}).status_code == 201
    problem = refused(member.post(f"{deal}/events", json={**noted("Two"), "event_id": event_id}), 422)
    assert problem["type"] == "/problems/event-id-reused"
    assert problem["event_id"] == event_id
    assert len(events_of(member, deal)) == 2


def test_a_refusal_of_the_rules_says_which_rule_and_what_would_be_accepted(member: httpx.Client) -> None:
    deal = a_deal(member)
    problem = refused(member.post(f"{deal}/events", json=opened("Again")), 409)
    assert problem["type"] == "/problems/already-opened"
    assert problem["rule"]
    assert problem["accepted"]


def test_what_is_ahead_of_the_clock_is_refused_with_the_services_time(member: httpx.Client) -> None:
    deal = a_deal(member)
    ahead = (datetime.now(UTC) + timedelta(minutes=6)).isoformat()
    problem = refused(member.post(f"{deal}/events", json={**noted(), "occurred_at": ahead}), 409)
    assert abs(datetime.fromisoformat(problem["server_time"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_stream_is_opened_by_its_first_fact(member: httpx.Client) -> None:
    answer = member.post("/v1/deals", json=opened("Night shifts"))
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    body = answer.json()
    assert body["stream_version"] == 1
    first = body["events"][0]
    assert answer.headers["Location"] == "/v1/deals/" + first["stream_id"].removeprefix("deal/")
    assert first["position"] + 1 == body["position"] == int(answer.headers["Throughline-Position"])


def test_a_stream_may_have_an_id_of_the_clients(member: httpx.Client) -> None:
    stream = str(uuid4())
    answer = member.post("/v1/deals", json={**opened(), "stream_id": stream})
    assert answer.headers["Location"] == f"/v1/deals/{stream}"
    refused(member.post("/v1/deals", json={**opened("Another"), "stream_id": stream}), 409)


def test_a_stream_cannot_be_opened_by_another_fact(member: httpx.Client) -> None:
    assert refused(member.post("/v1/deals", json=noted()))["pointer"] == "/type"
    assert refused(member.post("/v1/deals", json={"facts": [noted()]}), 409)["type"] == "/problems/not-yet-opened"
    refused(member.post("/v1/goals", json=opened()))


def test_opening_the_same_stream_again_with_the_same_event_id_is_a_repeat(member: httpx.Client) -> None:
    body = {**opened("Twice"), "event_id": str(uuid4())}
    first, second = member.post("/v1/deals", json=body), member.post("/v1/deals", json=body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert second.headers["Location"] == first.headers["Location"]
    assert second.json()["events"] == first.json()["events"]


def test_a_batch_is_recorded_whole_or_not_at_all(member: httpx.Client) -> None:
    deal = a_deal(member)
    batch = {"facts": [noted("One"), noted("Two"), fact("objection.answered", objection_id=str(uuid4()), answer="x")]}
    refused(member.post(f"{deal}/events", json=batch), 409)
    assert len(events_of(member, deal)) == 1
    answer = member.post(f"{deal}/events", json={"facts": batch["facts"][:2]})
    assert [event["stream_version"] for event in answer.json()["events"]] == [2, 3]
    assert answer.headers["ETag"] == '"3"'


def test_a_batch_sent_again_with_one_more_fact_appends_only_that(member: httpx.Client) -> None:
    deal = a_deal(member)
    facts = [{**noted(text), "event_id": str(uuid4())} for text in ("One", "Two", "Three")]
    member.post(f"{deal}/events", json={"facts": facts[:2]})
    answer = member.post(f"{deal}/events", json={"facts": facts})
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers
    assert [event["stream_version"] for event in answer.json()["events"]] == [2, 3, 4]
    assert member.post(f"{deal}/events", json={"facts": facts}).status_code == 200


def test_a_write_behind_the_stream_is_told_what_it_missed(member: httpx.Client) -> None:
    deal = a_deal(member)
    member.post(f"{deal}/events", json=noted("Missed"))
    problem = refused(member.post(f"{deal}/events", json=noted("Late"), headers={"If-Match": '"1"'}), 412)
    assert problem["current_version"] == 2
    assert problem["missed"] == events_of(member, deal)[1:]
    assert problem["missed_complete"] is True


def test_a_write_at_the_streams_version_is_recorded(member: httpx.Client) -> None:
    deal = a_deal(member)
    etag = member.get(deal).headers["ETag"]
    answer = member.post(f"{deal}/events", json=noted(), headers={"If-Match": etag})
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"2"')
    assert member.post(f"{deal}/events", json=noted(), headers={"If-Match": "*"}).status_code == 201


def test_a_repeat_is_answered_before_its_condition_is_looked_at(member: httpx.Client) -> None:
    deal = a_deal(member)
    body = {**noted(), "event_id": str(uuid4())}
    first = member.post(f"{deal}/events", json=body, headers={"If-Match": '"1"'})
    member.post(f"{deal}/events", json=noted())
    again = member.post(f"{deal}/events", json=body, headers={"If-Match": '"1"'})
    assert again.status_code == 200
    assert again.json()["events"] == first.json()["events"]


def test_a_condition_has_one_form(member: httpx.Client) -> None:
    deal = a_deal(member)
    for value in ("1", 'W/"1"', '"x"', '"1", "2"', '"' + "9" * 30 + '"', ""):
        problem = refused(member.post(f"{deal}/events", json=noted(), headers={"If-Match": value}))
        assert problem["header"] == "If-Match"
    refused(member.post("/v1/deals", json=opened(), headers={"If-Match": '"1"'}))


def test_an_idempotency_key_names_the_event(world: World, member: httpx.Client) -> None:
    deal, key = a_deal(member), str(uuid4())
    first = member.post(f"{deal}/events", json=noted("Once"), headers={"Idempotency-Key": key})
    again = member.post(f"{deal}/events", json=noted("Once"), headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    caller = uuid5(world.here.id, str(world.here.member.party_id))
    assert first.json()["events"][0]["event_id"] == str(uuid5(caller, key))
    refused(member.post(f"{deal}/events", json=noted("Twice"), headers={"Idempotency-Key": key}), 422)


def test_an_idempotency_key_names_each_fact_of_a_batch(world: World, member: httpx.Client) -> None:
    deal, key, own = a_deal(member), str(uuid4()), str(uuid4())
    batch = {"facts": [noted("One"), {**noted("Two"), "event_id": own}, noted("Three")]}
    events = member.post(f"{deal}/events", json=batch, headers={"Idempotency-Key": key}).json()["events"]
    base = uuid5(uuid5(world.here.id, str(world.here.member.party_id)), key)
    assert [UUID(event["event_id"]) for event in events] == [base, UUID(own), uuid5(base, "2")]
    assert member.post(f"{deal}/events", json=batch, headers={"Idempotency-Key": key}).status_code == 200


@pytest.mark.parametrize("others", [[], ["Two", "Three"], ["Zwei"]], ids=["fewer", "more", "another"])
def test_F14_an_idempotency_key_is_for_the_same_facts_and_no_others(member: httpx.Client, others: list[str]) -> None:
    deal = a_deal(member)
    for first, second in ((["Two"], others), (others, ["Two"])):
        key = {"Idempotency-Key": str(uuid4())}
        assert member.post(f"{deal}/events", json=batch_of("One", *first), headers=key).status_code == 201
        before = events_of(member, deal)
        for body in (batch_of("One", *second), batch_of(*second)) if second else (batch_of("One"), noted("One")):
            refused(member.post(f"{deal}/events", json=body, headers=key), 422)
            refused(member.post(f"{a_deal(member)}/events", json=body, headers=key), 422)
        assert events_of(member, deal) == before


def test_F14_a_key_is_not_for_other_ids_beside_the_same_fact(member: httpx.Client) -> None:
    deal, key = a_deal(member), {"Idempotency-Key": str(uuid4())}
    first, second = ({"facts": [noted("One"), {**noted("Two"), "event_id": str(uuid4())}]} for _ in range(2))
    assert member.post(f"{deal}/events", json=first, headers=key).status_code == 201
    before = events_of(member, deal)
    refused(member.post(f"{deal}/events", json=second, headers=key), 422)
    assert events_of(member, deal) == before


def batch_of(*texts: str) -> dict[str, Any]:
    return {"facts": [noted(text) for text in texts]}


def test_an_idempotency_key_opens_one_stream(member: httpx.Client) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (member.post("/v1/deals", json=opened("One"), headers=key) for _ in range(2))
    assert first.headers["Location"] == again.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"


def test_A23_an_idempotency_key_has_a_bound(member: httpx.Client) -> None:
    deal = a_deal(member)
    for key in ("", "x" * 256, "tab\tinside"):
        answer = member.post(f"{deal}/events", json=noted(), headers={"Idempotency-Key": key})
        assert refused(answer)["header"] == "Idempotency-Key"
    both = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused(member.post(f"{deal}/events", json=noted(), headers=both))
    assert member.post(f"{deal}/events", json=noted(), headers={"Idempotency-Key": "x" * 255}).status_code == 201


def test_a_dry_run_leaves_nothing(member: httpx.Client) -> None:
    deal = a_deal(member)
    before = member.get(f"{deal}/events")
    answer = member.post(f"{deal}/events?dry_run=true", json={"facts": [noted("One"), noted("Two")]})
    assert answer.status_code == 200
    assert [event["stream_version"] for event in answer.json()["events"]] == [2, 3]
    assert "ETag" not in answer.headers
    after = member.get(f"{deal}/events")
    assert after.content == before.content
    assert after.headers["Throughline-Position"] == before.headers["Throughline-Position"]


def test_a_dry_run_meets_the_refusal_that_the_call_would_meet(member: httpx.Client) -> None:
    deal = a_deal(member)
    refused(member.post(f"{deal}/events?dry_run=true", json=opened("Again")), 409)
    refused(member.post(f"{deal}/events?dry_run=true", json=noted(), headers={"If-Match": '"7"'}), 412)
    refused(member.post(f"{deal}/events?dry_run=yes", json=noted()))


def test_a_stream_can_be_opened_on_trial(member: httpx.Client) -> None:
    answer = member.post("/v1/deals?dry_run=true", json=opened("Trial"))
    assert answer.status_code == 200
    stream = answer.json()["events"][0]["stream_id"].removeprefix("deal/")
    refused(member.get(f"/v1/deals/{stream}"), 404)


def test_every_fact_can_be_told_apart_in_a_batch_of_a_hundred(member: httpx.Client) -> None:
    deal = a_deal(member)
    answer = member.post(f"{deal}/events", json={"facts": [noted(str(number)) for number in range(100)]})
    assert answer.status_code == 201
    assert [event["data"]["text"] for event in answer.json()["events"]] == [str(number) for number in range(100)]
