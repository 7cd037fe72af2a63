"""Answers under a policy that a folder holds, beside those under the built-in one."""

import httpx

from tests.http.conftest import a_deal, fact, noted
from tests.http.test_decoding import refused


def test_every_answer_that_depends_on_a_policy_can_be_asked_under_another(member: httpx.Client) -> None:
    deal = a_deal(member, fact("pressure.applied", kind="chasing", beneficiary="seller"))
    scores = []
    for policy in ("trust/1", "strict/1"):
        told = member.get(f"{deal}/trust?policy={policy}").json()
        state = member.get(f"{deal}?policy={policy}&include=trust,signals").json()
        history = member.get(f"{deal}/trust/history?policy={policy}").json()
        assert told["policy"] == told["trust"]["policy"] == state["policy"] == history["policy"] == policy
        assert state["outlook"]["trust"]["score"] == told["trust"]["overall"] == state["trust"]["overall"]
        scores.append(told["trust"]["overall"])
        timeline = member.get(f"{deal}/timeline?policy={policy}").json()
        assert timeline["entries"][-1]["effect"]["trust"][0]["score"] == scores[-1]
    assert scores == [0.333333, 0.25]


def test_across_streams_too(member: httpx.Client) -> None:
    deal = a_deal(member, fact("pressure.applied", kind="chasing", beneficiary="seller"))
    me = member.get(f"{deal}/events").json()["events"][0]["acting_party"]
    for path in (f"/v1/parties/{me}/trust", "/v1/patterns"):
        assert member.get(f"{path}?policy=strict/1").json().get("policy") == "strict/1", path


def test_a_policy_that_is_not_there_is_refused_with_those_that_are(member: httpx.Client) -> None:
    for policy in ("strict/2", "trust", "Trust/1", "trust/1%0A"):
        told = refused(member.get(f"{a_deal(member, noted())}/trust?policy={policy}"))
        assert told["parameter"] == "policy"
    assert refused(member.get(f"{a_deal(member)}/trust?policy=strict/2"))["accepted"] == ["strict/1", "trust/1"]
