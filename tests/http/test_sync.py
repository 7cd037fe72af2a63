"""What devices push and pull over HTTP: every verdict, and what of it lasts."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from service.http.synced import ITEMS_MAX
from tests.http.conftest import World, a_deal, client, noted
from tests.http.devices import EARLIER, Device


def refused_rule(verdict: Any) -> str:
    assert verdict["status"] == "refused", verdict
    return str(verdict["problem"]["type"])


# -- who


def test_nobody_syncs_without_a_key(nobody: httpx.Client) -> None:
    device = Device(nobody)
    assert device.send(device.sets_a_goal()).status_code == 401
    assert nobody.get("/v1/sync/pull").status_code == device.outcomes().status_code == 401
    assert nobody.post("/v1/sync/missing", json={"event_ids": []}).status_code == 401


def test_another_workspace_s_deal_is_not_here(stranger: httpx.Client, owner: httpx.Client) -> None:
    deal = a_deal(owner).removeprefix("/v1/deals/")
    device = Device(stranger)
    (verdict,) = device.push(device.notes(f"deal/{deal}"))
    assert (verdict["status"], verdict["reason"], verdict["missing"]) == ("deferred", "reference", f"deal/{deal}")


def test_another_workspace_knows_nothing_of_the_device(stranger: httpx.Client, phone: Device) -> None:
    phone.push(phone.sets_a_goal())
    assert stranger.get("/v1/sync/outcomes", params={"device": phone.id}).status_code == 404


def test_another_person_on_the_same_device_counts_for_themselves(owner: httpx.Client, phone: Device) -> None:
    phone.push(phone.sets_a_goal(), phone.sets_a_goal())
    other = Device(owner)
    other.id = phone.id
    assert other.statuses(other.sets_a_goal()) == ["accepted"]


def test_an_auditor_may_pull_and_not_push(world: World) -> None:
    with client(world, world.here.auditor) as http:
        device = Device(http)
        assert device.send(device.sets_a_goal()).status_code == 403
        assert http.get("/v1/sync/pull").status_code == 200


def test_a_guest_opens_nothing_and_each_item_is_judged_by_itself(world: World, owner: httpx.Client) -> None:
    deal = {"type": "deal.opened", "visibility": "shared", "data": {"title": "Depots"}}
    opened = owner.post("/v1/deals", json={"stream_id": str(world.here.guests_deal), "facts": [deal]})
    assert opened.status_code in (201, 409), opened.text  # the guest's one deal may be open already
    with client(world, world.here.guest) as http:
        device = Device(http)
        stream = f"deal/{world.here.guests_deal}"
        goal = device.sets_a_goal()
        asked = device.says(
            stream, "question.asked", text="When could it begin?", asked_by=str(world.here.guest.party_id)
        )
        first, second = device.push(goal, asked)
        assert refused_rule(first) == "/problems/role-forbids"
        assert refused_rule(second) == "/problems/body-malformed"  # who asked is not for the item to say
        assert http.get("/v1/sync/pull").status_code == 200


# -- accepted and duplicate


def test_a_goal_begun_offline_is_recorded_in_the_order_of_the_device(phone: Device, member: httpx.Client) -> None:
    goal = phone.sets_a_goal()
    items = [goal, *(phone.notes(goal["stream_id"], f"Day {day}") for day in range(3))]
    answer = phone.send(*items).json()
    assert [one["stream_version"] for one in answer["items"]] == [1, 2, 3, 4]
    assert (answer["epoch"], answer["expected_sequence"]) == (1, 5)
    assert abs(answer["device_ahead_s"]) < 60
    facts = member.get(f"/v1/goals/{goal['stream_id'][5:]}/events").json()["events"]
    assert [fact["event_id"] for fact in facts] == [item["event_id"] for item in items]
    assert {(fact["device_id"], fact["device_sequence"]) for fact in facts} == {(phone.id, nth) for nth in (1, 2, 3, 4)}


def test_what_is_sent_again_is_a_duplicate_at_the_same_place(phone: Device) -> None:
    items = [goal := phone.sets_a_goal(), phone.notes(goal["stream_id"])]
    first, second = phone.push(*items), phone.push(*items)
    assert [one["status"] for one in second] == ["duplicate", "duplicate"]
    assert [one | {"status": "duplicate"} for one in first] == second


def test_items_may_come_in_any_order(phone: Device) -> None:
    goal = phone.sets_a_goal()
    note = phone.notes(goal["stream_id"])
    verdicts = phone.push(note, goal)
    assert [(one["status"], one["stream_version"]) for one in verdicts] == [("accepted", 2), ("accepted", 1)]


def test_what_was_recorded_in_another_epoch_is_a_duplicate_in_this(phone: Device) -> None:
    lost = [phone.sets_a_goal(), phone.sets_a_goal()]
    phone.push(*lost)
    phone.epoch = 2
    again = [lost[1] | {"device_sequence": 1}, lost[0] | {"device_sequence": 2}]
    assert phone.statuses(*again) == ["duplicate", "duplicate"]


def test_a_device_sends_nothing_to_set_its_clock(phone: Device) -> None:
    answer = phone.send(device_now=(datetime.now(UTC) + timedelta(hours=1)).isoformat()).json()
    assert answer["items"] == []
    assert 3_500 < answer["device_ahead_s"] < 3_700


# -- refused


def test_a_refused_item_keeps_nobody_behind_it(phone: Device) -> None:
    goal = phone.sets_a_goal()
    again = phone.says(goal["stream_id"], "goal.set", statement="Run again", horizon="short")
    verdicts = phone.push(goal, again, phone.notes(goal["stream_id"]))
    assert [one["status"] for one in verdicts] == ["accepted", "refused", "accepted"]
    assert refused_rule(verdicts[1]) == "/problems/stream-exists"


def test_a_refusal_repeats_identically_whatever_has_happened_since(phone: Device, owner: httpx.Client) -> None:
    deal = a_deal(owner)
    stream = f"deal/{deal.removeprefix('/v1/deals/')}"
    reopened = phone.says(stream, "deal.reopened", reason="The budget was released")
    first = phone.push(reopened)
    assert refused_rule(first[0]) == "/problems/deal-is-open"
    closed = {"type": "deal.closed", "data": {"outcome": "lost"}}
    assert owner.post(f"{deal}/events", json=closed).status_code == 201
    assert phone.push(reopened) == first
    phone.epoch = 2
    assert phone.push(reopened) == first


def test_what_rests_on_a_refused_proposal_is_refused(phone: Device, tablet: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner).removeprefix('/v1/deals/')}"
    raised = phone.says(stream, "deal.reopened", reason="The budget was released")
    follows = phone.says(stream, "event.voided", target_event_id=raised["event_id"], reason="A mistake")
    verdicts = phone.push(raised, follows)
    assert [refused_rule(one) for one in verdicts] == ["/problems/deal-is-open", "/problems/rests-on-refused"]
    assert verdicts[1]["problem"]["refused"] == raised["event_id"]
    later = tablet.says(stream, "event.annotated", target_event_id=raised["event_id"], note="Why?")
    assert refused_rule(tablet.push(later)[0]) == "/problems/rests-on-refused"


def test_a_goal_that_was_refused_takes_its_facts_with_it(phone: Device) -> None:
    goal = phone.sets_a_goal()
    goal["data"]["horizon"] = "eternal"
    verdicts = phone.push(goal, phone.notes(goal["stream_id"]))
    assert [refused_rule(one) for one in verdicts] == ["/problems/body-malformed", "/problems/rests-on-refused"]


def test_an_item_that_is_no_proposal_is_refused_alone(phone: Device) -> None:
    goal = phone.sets_a_goal()
    stream = goal["stream_id"]
    wrong = [
        phone.notes(stream) | {"data": {"txt": "Two kilometres"}},
        phone.notes(stream) | {"type": "note.recroded"},
        phone.notes(stream) | {"device_id": str(uuid4())},
        phone.notes(stream) | {"schema_version": 7},
        phone.notes("workspace/" + str(uuid4())),
        {name: value for name, value in phone.notes(stream).items() if name != "occurred_at"},
    ]
    verdicts = phone.push(goal, *wrong, phone.notes(stream))
    assert [one["status"] for one in verdicts] == ["accepted", *["refused"] * 6, "accepted"]
    named = [(one["problem"]["type"], one["problem"].get("pointer")) for one in verdicts[1:-1]]
    assert named == [
        ("/problems/body-malformed", "/data/txt"),
        ("/problems/body-malformed", "/type"),
        ("/problems/body-malformed", "/device_id"),
        ("/problems/schema-version-unknown", None),
        ("/problems/body-malformed", "/stream_id"),
        ("/problems/body-malformed", "/occurred_at"),
    ]
    assert phone.push(goal, *wrong)[1:] == verdicts[1:-1]


def test_an_id_that_names_another_fact_is_refused(phone: Device) -> None:
    goal = phone.sets_a_goal()
    note = phone.notes(goal["stream_id"], "Two kilometres")
    other = phone.notes(goal["stream_id"], "Three kilometres") | {"event_id": note["event_id"]}
    verdicts = phone.push(goal, note, other)
    assert refused_rule(verdicts[2]) == "/problems/event-id-reused"


def test_refusals_are_sealed_where_they_are_kept(world: World, phone: Device) -> None:
    said = f"Zebra{uuid4().hex}"
    goal = phone.sets_a_goal()
    phone.push(goal, phone.notes(goal["stream_id"]) | {"type": said})
    with psycopg.connect(world.database.owner) as connection:
        rows = connection.execute("SELECT problem FROM refusal WHERE device_id = %s", (phone.id,)).fetchall()
    assert len(rows) == 1
    assert said.encode() not in bytes(rows[0][0])


# -- deferred


def test_a_gap_is_named_until_what_is_missing_comes(phone: Device) -> None:
    first, lost, late = phone.sets_a_goal(), phone.sets_a_goal(), phone.sets_a_goal()
    verdicts = phone.push(first, late)
    assert verdicts[1] == {
        "device_sequence": 3,
        "event_id": late["event_id"],
        "status": "deferred",
        "reason": "gap",
        "expected": 2,
    }
    assert phone.statuses(lost, late) == ["accepted", "accepted"]


def test_a_gap_of_what_the_device_lost_is_closed(phone: Device) -> None:
    phone.push(phone.sets_a_goal())
    phone.sequence += 1
    skip = {"device_sequence": 2, "skipped": True}
    assert phone.statuses(skip, phone.sets_a_goal()) == ["accepted", "accepted"]
    assert phone.statuses(skip) == ["duplicate"]


def test_what_was_skipped_and_is_found_again_is_still_taken(phone: Device) -> None:
    found = phone.sets_a_goal()
    phone.push({"device_sequence": 1, "skipped": True})
    assert phone.statuses(found) == ["accepted"]


def test_a_missing_reference_is_named_and_waits_for_the_other_device(phone: Device, tablet: Device) -> None:
    goal = phone.sets_a_goal()
    note = phone.notes(goal["stream_id"])
    about = tablet.says(goal["stream_id"], "event.annotated", target_event_id=note["event_id"], note="Really?")
    (verdict,) = tablet.push(about)
    assert (verdict["reason"], verdict["missing"]) == ("reference", goal["stream_id"])
    phone.push(goal)
    (verdict,) = tablet.push(about)
    assert (verdict["reason"], verdict["missing"]) == ("reference", note["event_id"])
    phone.push(note)
    assert tablet.statuses(about) == ["accepted"]


def test_what_may_depend_on_a_deferred_item_is_not_refused(phone: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner).removeprefix('/v1/deals/')}"
    ahead = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    closed = phone.says(stream, "deal.closed", ahead, outcome="lost")
    reopened = phone.says(stream, "deal.reopened", reason="The budget was released")
    other = phone.sets_a_goal()
    verdicts = phone.push(closed, reopened, other)
    assert [one.get("reason") for one in verdicts] == ["clock", "behind", None]
    assert verdicts[1]["after"] == closed["device_sequence"]
    closed["occurred_at"] = EARLIER  # the device has set its clock by server_time
    assert phone.statuses(closed, reopened) == ["accepted", "accepted"]


def test_what_refers_to_something_of_another_kind_is_refused(phone: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner).removeprefix('/v1/deals/')}"
    person = str(uuid4())
    joined = phone.says(stream, "participant.joined", party_id=person, side="buyer", name="Ada")
    thing = str(uuid4())
    raised = phone.says(
        stream,
        "objection.raised",
        objection_id=thing,
        dimension="product",
        category="risk",
        statement="Drivers refuse it",
        raised_by=person,
    )
    kept = phone.says(stream, "commitment.fulfilled", commitment_id=thing)
    verdicts = phone.push(joined, raised, kept)
    assert [one["status"] for one in verdicts[:2]] == ["accepted", "accepted"]
    assert refused_rule(verdicts[2]) == "/problems/no-such-thing"


def test_another_push_of_the_device_is_waited_for(world: World, phone: Device) -> None:
    goal = phone.sets_a_goal()
    phone.push(goal)
    with psycopg.connect(world.database.owner, autocommit=True) as connection:
        until = "clock_timestamp() + make_interval(secs => %s)"
        held = f"UPDATE device SET held_by = %s, held_until = {until} WHERE device_id = %s"
        connection.execute(held, (uuid4(), 60, phone.id))
        assert phone.push(phone.notes(goal["stream_id"]))[0]["reason"] == "busy"
        connection.execute(held, (uuid4(), -1, phone.id))
    assert phone.statuses({**goal}) == ["duplicate"]


# -- epochs


def test_an_installation_from_before_is_fenced(phone: Device) -> None:
    phone.push(phone.sets_a_goal())
    phone.epoch, phone.sequence = 2, 0
    assert phone.statuses(phone.sets_a_goal()) == ["accepted"]
    phone.epoch = 1
    answer = phone.send(phone.sets_a_goal())
    assert (answer.status_code, answer.json()["type"], answer.json()["epoch"]) == (403, "/problems/device-fenced", 2)


def test_an_epoch_is_learned_from_the_outcomes(phone: Device) -> None:
    assert phone.outcomes().status_code == 404
    phone.epoch = 5
    phone.push(phone.sets_a_goal())
    answer = phone.outcomes().json()
    assert (answer["epoch"], answer["expected_sequence"], answer["items"]) == (5, 2, [])


# -- bounds and bodies


def test_five_hundred_items_are_taken_and_no_more(world: World, phone: Device) -> None:
    skips = [{"device_sequence": nth, "skipped": True} for nth in range(1, ITEMS_MAX + 2)]
    assert set(phone.statuses(*skips[:ITEMS_MAX])) == {"accepted"}
    answer = phone.send(*skips)
    assert (answer.status_code, answer.json()["pointer"]) == (400, "/items")
    assert world.settings.body_bytes_max < 1 << 20


def test_an_item_without_an_id_refuses_the_whole_body(phone: Device) -> None:
    item = phone.sets_a_goal()
    for member, pointer in (("event_id", "/items/0/event_id"), ("device_sequence", "/items/0/device_sequence")):
        answer = phone.send({name: value for name, value in item.items() if name != member})
        assert (answer.status_code, answer.json()["pointer"]) == (400, pointer)
    assert phone.send(item | {"event_id": 7}).json()["pointer"] == "/items/0/event_id"
    assert phone.send({"device_sequence": 1, "skipped": True, "more": 1}).json()["pointer"] == "/items/0"
    assert phone.send(7).json()["pointer"] == "/items/0"  # type: ignore[arg-type]
    assert phone.send(item, epoch=0).json()["pointer"] == "/epoch"


# -- asking


def test_outcomes_list_what_was_refused_page_by_page(phone: Device) -> None:
    goal = phone.sets_a_goal()
    wrong = [phone.says(goal["stream_id"], "goal.set", statement="Again", horizon="short") for _ in range(3)]
    told = phone.push(goal, *wrong)[1:]
    first = phone.outcomes(limit=2).json()
    rest = phone.http.get(first["next"]).json()
    assert rest["next"] is None
    listed = first["items"] + rest["items"]
    assert sorted(listed, key=lambda one: one["device_sequence"]) == told
    assert phone.http.get(first["next"].replace(phone.id, str(uuid4()))).status_code == 400


def test_missing_says_what_is_not_here_for_the_caller(phone: Device, owner: httpx.Client) -> None:
    goal = phone.sets_a_goal()  # private
    phone.push(goal)
    unknown = str(uuid4())
    body = {"event_ids": [goal["event_id"], unknown]}
    assert phone.http.post("/v1/sync/missing", json=body).json() == {"missing": [unknown]}
    assert owner.post("/v1/sync/missing", json=body).json() == {"missing": body["event_ids"]}


# -- pulling


def pulled(http: httpx.Client, **more: Any) -> Iterator[Any]:
    place: dict[str, Any] = {}
    for _ in range(1_000):
        answer = http.get("/v1/sync/pull", params={**place, **more})
        assert answer.status_code == 200, answer.text
        yield from [*answer.json()["resets"], *answer.json()["events"]]
        checkpoint = answer.json()["checkpoint"]
        place = {"from": checkpoint["position"], "mark": checkpoint["mark"]}
        if not answer.json()["has_more"]:
            return


def test_pull_gives_what_others_recorded_in_order(phone: Device, owner: httpx.Client) -> None:
    stream = f"deal/{a_deal(owner, noted()).removeprefix('/v1/deals/')}"
    phone.push(phone.notes(stream))
    items = list(pulled(owner, streams=stream, limit=2))
    assert [item["type"] for item in items] == ["deal.opened", "note.recorded", "note.recorded"]
    assert [item["stream_version"] for item in items] == [1, 2, 3]


def test_pull_names_a_stream_of_which_another_part_is_seen(owner: httpx.Client, world: World) -> None:
    hidden = {"type": "deal.opened", "visibility": "participants", "data": {"title": "Depots"}}
    deal = owner.post("/v1/deals", json=hidden).headers["Location"]
    stream = f"deal/{deal.removeprefix('/v1/deals/')}"
    with client(world, world.here.member) as noor:
        assert list(pulled(noor, streams=stream)) == []
        joined = {"party_id": str(world.here.member.party_id), "side": "seller"}
        assert owner.post(f"{deal}/events", json={"type": "participant.joined", "data": joined}).status_code == 201
        resets = [item for item in pulled(noor, streams=stream) if item.get("reset")]
        assert [item["stream_id"] for item in resets] == [stream]


def test_a_checkpoint_of_another_log_starts_again(owner: httpx.Client, stranger: httpx.Client) -> None:
    a_deal(owner, noted())
    a_deal(stranger, noted(), noted())
    checkpoint = owner.get("/v1/sync/pull", params={"limit": 1}).json()["checkpoint"]
    place = {"from": checkpoint["position"], "mark": checkpoint["mark"]}
    assert owner.get("/v1/sync/pull", params=place).status_code == 200
    answer = stranger.get("/v1/sync/pull", params=place)
    assert (answer.status_code, answer.json()["type"]) == (410, "/problems/other-log")
    assert stranger.get(answer.json()["start"]).status_code == 200
    ahead = owner.get("/v1/sync/pull", params={"from": 1_000_000})
    assert (ahead.status_code, ahead.json()["type"]) == (410, "/problems/other-log")


def test_answers_carry_the_newest_signed_checkpoint(phone: Device) -> None:
    phone.push(phone.sets_a_goal())
    end = time.monotonic() + 15
    while (signed := phone.send().json()["signed_checkpoint"]) is None:
        assert time.monotonic() < end, "no checkpoint was signed"
        time.sleep(0.1)
    assert signed.startswith("throughline/")
    assert phone.http.get("/v1/sync/pull").json()["signed_checkpoint"].startswith("throughline/")
