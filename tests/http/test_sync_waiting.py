"""What devices push that has to wait: for what is not there, for what they sent before, and for what is hidden."""

from uuid import uuid4

import httpx

from tests.http.conftest import a_deal
from tests.http.devices import Device


def test_what_follows_on_an_earlier_push_s_waiting_item_is_not_refused(phone: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner).removeprefix('/v1/deals/')}"
    waits = phone.says(stream, "event.annotated", target_event_id=str(uuid4()), note="Really?")
    reopened = phone.says(stream, "deal.reopened", reason="The budget was released")
    assert phone.push(waits)[0]["reason"] == "reference"
    (verdict,) = phone.push(reopened | {"after": waits["device_sequence"]})
    assert (verdict["status"], verdict["reason"], verdict["after"]) == ("deferred", "behind", 1)
    assert phone.outcomes().json()["items"] == []
    (refused,) = phone.push(reopened)  # the device has given up on the other
    assert refused["problem"]["type"] == "/problems/deal-is-open"
    assert phone.push(reopened | {"after": waits["device_sequence"]}) == [refused]  # what is refused stays so


def test_what_is_possible_is_recorded_behind_what_waits(phone: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner).removeprefix('/v1/deals/')}"
    phone.push(phone.says(stream, "event.annotated", target_event_id=str(uuid4()), note="Really?"))
    note = phone.notes(stream) | {"after": 1}
    assert phone.statuses(note) == ["accepted"]
    assert phone.statuses(phone.notes(stream) | {"event_id": note["event_id"]}) == ["duplicate"]


def test_a_faulty_item_is_refused_alike_behind_whatever_and_in_any_installation(phone: Device) -> None:
    goal = phone.sets_a_goal()
    faulty = phone.notes(goal["stream_id"]) | {"data": {"txt": "Two kilometres"}}
    _, first = phone.push(goal, faulty)
    assert phone.push(faulty | {"after": 1}) == [first]
    phone.epoch = 2
    assert phone.push(faulty | {"device_sequence": 1}) == [first | {"device_sequence": 1}]


def test_after_is_a_sequence(phone: Device) -> None:
    for wrong in (0, "1", 1.5):
        answer = phone.send(phone.sets_a_goal() | {"after": wrong})
        assert (answer.status_code, answer.json()["pointer"]) == (400, "/items/0/after")


def test_a_stream_that_others_hide_is_told_from_none_that_is_not_there_by_nothing(
    phone: Device, owner: httpx.Client
) -> None:
    """Neither by what is recorded on it nor by what refers to it: both wait, and would wait for ever."""
    hidden = {"type": "goal.set", "data": {"statement": "Run again", "horizon": "short"}}  # private, as goals are
    goal = owner.post("/v1/goals", json=hidden).headers["Location"].removeprefix("/v1/goals/")
    told = []
    for stream in (f"goal/{goal}", f"goal/{uuid4()}"):
        (verdict,) = phone.push(phone.notes(stream))
        assert verdict.pop("missing") == stream
        told.append({name: verdict[name] for name in verdict if name not in ("device_sequence", "event_id")})
    assert told[0] == told[1] == {"status": "deferred", "reason": "reference"}
