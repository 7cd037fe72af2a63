"""Devices that are offline, doubled, reordered, unheard, wrongly set and installed anew come to the same log at last.

Nothing that a device recorded is lost, nothing is doubled, and what is not in the log is a refusal that can be seen.
"""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.faults.conftest import Connect, Pair
from tests.faults.load import Client

Item = dict[str, Any]

PUSH_MAX = 12  # small, so that an outbox takes several pushes
GOES_ON = {None, "reference", "behind", "fault"}  # reasons to wait that are one stream's own
ROUNDS_MAX = 400  # of calm syncing until everything is settled; far more than are ever needed
LOOKED_BACK = timedelta(days=2)


class Person:
    """What the devices of one person have in common, and all that they ever said: by event id."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.streams: list[str] = []
        self.said: dict[str, Item] = {}
        self.noted: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()
        self.waits: dict[str, Any] = {}  # the last deferral of each

    def an_id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))


class Device:
    """A phone with an outbox. What it sends may arrive and its answer still be lost."""

    def __init__(self, person: Person, clients: list[Client], begun: int) -> None:
        self.id = person.an_id()
        self.person = person
        self.clients = clients
        self.epoch = 1
        self.sequence = 0
        self.expected = 1  # as the service told; it never goes back within an epoch
        self.outbox: list[Item] = []  # in the order of the sequence; what is not settled
        self.refused: dict[str, Any] = {}
        self.ahead = timedelta(0)
        self.held: dict[str, Item] = {}  # what it pulled, by event id
        self.begun: dict[str, Any] = {"position": begun, "mark": ""}
        self.place = dict(self.begun)

    @property
    def proposals(self) -> list[Item]:
        return [item for item in self.outbox if "skipped" not in item]

    # -- what happens to it

    def record(self) -> None:
        chance, person = self.person.chance, self.person
        if not person.streams or chance.random() < 0.1:
            stream = f"deal/{person.an_id()}"
            person.streams.append(stream)
            self._says(stream, "deal.opened", title=f"Depots {len(person.streams)}")
            return
        stream = chance.choice(person.streams)
        noted = person.noted.get(stream)
        roll = chance.random()
        if roll < 0.15:
            self._says(stream, "deal.closed", outcome=chance.choice(["won", "lost"]))
        elif roll < 0.3:
            self._says(stream, "deal.reopened", reason="The budget was released")
        elif roll < 0.4 and noted:
            self._says(stream, "event.annotated", target_event_id=chance.choice(noted), note="He said it twice")
        elif roll < 0.45 and noted:
            self._says(stream, "event.voided", target_event_id=chance.choice(noted), reason="A slip")
        elif roll < 0.5:
            self._says(stream, "note.recorded", txt="Of an app with a fault")
        else:
            event_id = self._says(stream, "note.recorded", text="They count shifts on paper")
            person.noted.setdefault(stream, []).append(event_id)

    def _says(self, stream: str, type_: str, **data: Any) -> str:
        self.sequence += 1
        event_id = self.person.an_id()
        at = (datetime.now(UTC) - LOOKED_BACK + self.ahead).isoformat()
        item = {"device_sequence": self.sequence, "stream_id": stream, "event_id": event_id}
        item |= {"type": type_, "occurred_at": at, "data": data}
        self.outbox.append(item)
        self.person.said[event_id] = item
        return event_id

    def set_wrongly(self) -> None:
        self.ahead = timedelta(days=self.person.chance.choice([-30, 0, 30]))

    def install_anew(self) -> None:
        """Its outbox is restored, from before it heard the last answers; its copy of the log is not."""
        self.epoch += 1
        self.expected = 1
        self.person.counts["installed anew"] += 1
        self.outbox = [item | {"device_sequence": nth} for nth, item in enumerate(self.outbox, start=1)]
        self.sequence = len(self.outbox)
        self.held, self.place = {}, dict(self.begun)

    def lose_one(self) -> None:
        """The app died while it recorded: a number is taken, and nothing has it."""
        self.sequence += 1
        self.outbox.append({"device_sequence": self.sequence, "skipped": True})
        self.person.counts["skipped"] += 1

    # -- syncing

    def push(self, *, calmly: bool = False) -> None:
        """The whole outbox in its order, in pushes: what waits keeps nobody from being sent who is not behind it."""
        waits: dict[str, int] = {}  # by stream, the first that was deferred in an earlier push
        outbox = list(self.outbox)
        for start in range(0, len(outbox), PUSH_MAX):
            told = self._send(outbox[start : start + PUSH_MAX], waits, calmly=calmly)
            if told is None or not {one.get("reason") for one in told} <= GOES_ON:
                return

    def _send(self, items: list[Item], waits: dict[str, int], *, calmly: bool) -> list[Any] | None:
        """One push; its verdicts, or None when nothing was heard of it. Notes in `waits` who is to be waited for."""
        chance, counts = self.person.chance, self.person.counts
        sent = list(items)
        if not calmly:
            if chance.random() < 0.2:
                sent += chance.sample(items, k=1)
            if chance.random() < 0.3:
                chance.shuffle(sent)
            if chance.random() < 0.1 and len(sent) > 1:
                del sent[0]
        said = [item | ({"after": waits[item["stream_id"]]} if item.get("stream_id") in waits else {}) for item in sent]
        body = {"device_id": self.id, "epoch": self.epoch, "items": said}
        body["device_now"] = (datetime.now(UTC) + self.ahead).isoformat()
        for _ in range(1 if calmly or chance.random() < 0.8 else 2):
            answer = chance.choice(self.clients).ask("POST", "/v1/sync/push", body)
            assert answer.status == 200, answer.body
        told = answer.json
        assert [one["device_sequence"] for one in told["items"]] == [one["device_sequence"] for one in sent]
        assert told["expected_sequence"] >= self.expected
        self.expected = told["expected_sequence"]
        counts["pushes"] += 1
        if not calmly and chance.random() < 0.3:
            counts["answers lost"] += 1
            return None
        self._hear(told, sent)
        for verdict, item in zip(told["items"], sent, strict=True):
            if verdict["status"] == "deferred" and "stream_id" in item:
                waits.setdefault(item["stream_id"], item["device_sequence"])
        return list(told["items"])

    def _hear(self, told: Any, sent: list[Item]) -> None:
        settled = set()
        for verdict, item in zip(told["items"], sent, strict=True):
            self.person.counts[verdict["status"]] += 1
            if verdict["status"] == "deferred":
                self.person.waits[item.get("event_id", "skipped")] = verdict
                self.person.counts[verdict["reason"]] += 1
                if verdict["reason"] == "clock":  # corrected by server_time
                    item["occurred_at"] = (datetime.now(UTC) - LOOKED_BACK).isoformat()
                continue
            settled.add(item["device_sequence"])
            if verdict["status"] == "refused":
                before = self.refused.setdefault(item["event_id"], verdict["problem"])
                assert before == verdict["problem"], "a refusal was told differently"
        self.ahead = timedelta(0)
        self.outbox = [item for item in self.outbox if item["device_sequence"] not in settled]

    def pull(self) -> bool:
        """One page; whether there is more."""
        chance = self.person.chance
        asked = f"/v1/sync/pull?from={self.place['position']}&mark={self.place['mark']}&limit=50"
        answer = chance.choice(self.clients).ask("GET", asked)
        assert answer.status == 200, answer.body
        if chance.random() < 0.1:
            return True  # the answer is lost
        assert answer.json["resets"] == []
        for item in answer.json["events"]:
            assert item["event_id"] not in self.held, "a fact came twice"
            self.held[item["event_id"]] = item
        self.place = answer.json["checkpoint"]
        return bool(answer.json["has_more"])


def converge(pair: Pair, connect: Connect, seed: int, *, devices: int, steps: int) -> None:
    # Ids of its own: other tests in the same workspace draw theirs from plain numbers.
    chance = random.Random(f"converging {seed}")
    clients = pair.clients(connect, 2)
    start = int(clients[0].ask("GET", "/v1/sync/pull?limit=1").headers["throughline-position"])
    person = Person(chance)
    fleet = [Device(person, clients, start) for _ in range(devices)]
    for _ in range(steps):
        device = chance.choice(fleet)
        happens = [device.record, device.set_wrongly, device.install_anew, device.push, device.pull, device.lose_one]
        chance.choices(happens, weights=[60, 3, 1, 12, 6, 2])[0]()
    rounds = 0
    while any(device.outbox for device in fleet):
        before = {one["event_id"] for device in fleet for one in device.proposals}
        for device in fleet:
            device.push(calmly=True)
        rounds += 1
        assert rounds < ROUNDS_MAX
        if rounds % 20 == 0 and before == {one["event_id"] for device in fleet for one in device.proposals}:
            break  # what is left waits for what never comes
    for device in fleet:
        for _ in range(ROUNDS_MAX):
            if not device.pull():
                break
    _judge(person, fleet, clients[0])
    counted = dict(person.counts)
    print(f"seed {seed}: {len(person.said)} proposals of {devices} devices, {rounds} calm rounds, {counted}")  # noqa: T201  # the counts are the evidence


def _judge(person: Person, fleet: list[Device], client: Client) -> None:
    left = {item["event_id"] for device in fleet for item in device.proposals}
    assert not left, f"somebody still waits: {[person.waits.get(event_id) for event_id in left][:5]}"
    refused = {event_id for device in fleet for event_id in device.refused}
    missing: set[str] = set()
    ids = list(person.said)
    for at in range(0, len(ids), 500):
        answer = client.ask("POST", "/v1/sync/missing", {"event_ids": ids[at : at + 500]})
        missing |= set(answer.json["missing"])
    assert missing == refused, "lost without a refusal, or refused and recorded"
    recorded = set(ids) - refused
    for device in fleet:
        ours = {event_id for event_id in device.held if event_id in person.said}
        assert ours == recorded, "a device holds something else than was recorded"
        listed = client.ask("GET", f"/v1/sync/outcomes?device={device.id}&limit=500")
        if device.refused:
            assert {one["event_id"] for one in listed.json["items"]} >= set(device.refused)
    assert len({device_copy(device, recorded) for device in fleet}) == 1, "devices hold different things"


def device_copy(device: Device, recorded: set[str]) -> tuple[tuple[Any, ...], ...]:
    held = [one for event_id, one in device.held.items() if event_id in recorded]
    return tuple((one["event_id"], one["stream_id"], one["stream_version"], one["position"]) for one in held)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_devices_converge(pair: Pair, connect: Connect, seed: int) -> None:
    converge(pair, connect, seed, devices=3, steps=250)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 130))
def test_many_devices_converge_in_the_long_run(pair: Pair, connect: Connect, seed: int) -> None:
    converge(pair, connect, seed, devices=6, steps=1_500)


def a_device(pair: Pair, connect: Connect) -> Device:
    clients = pair.clients(connect, 2)
    return Device(Person(random.Random()), clients, 0)


def test_an_outbox_that_begins_with_nothing_but_waiting_items_is_not_stuck(pair: Pair, connect: Connect) -> None:
    """They wait for somebody else's device; what follows on other streams and on theirs is recorded nevertheless."""
    device = a_device(pair, connect)
    deal, goal, elsewhere = (f"{kind}/{device.person.an_id()}" for kind in ("deal", "goal", "deal"))
    device._says(deal, "deal.opened", title="Depots")
    device.push(calmly=True)
    waiting = {
        device._says(deal, "event.annotated", target_event_id=device.person.an_id(), note="He said it twice")
        for _ in range(PUSH_MAX + 3)
    } | {device._says(elsewhere, "note.recorded", text="Of a deal that is opened elsewhere") for _ in range(PUSH_MAX)}
    device._says(goal, "goal.set", statement="Run again", horizon="short")
    device._says(deal, "note.recorded", text="They count shifts on paper")
    device.push(calmly=True)
    assert {item["event_id"] for item in device.outbox} == waiting
    assert {device.person.waits[event_id]["reason"] for event_id in waiting} == {"reference"}


def test_what_brings_the_missing_thing_is_reached_behind_a_full_push_of_those_that_wait(
    pair: Pair, connect: Connect
) -> None:
    device = a_device(pair, connect)
    deal, person = f"deal/{device.person.an_id()}", device.person.an_id()
    device._says(deal, "deal.opened", title="Depots")
    raised = {"dimension": "product", "category": "risk", "statement": "Drivers refuse it", "raised_by": person}
    for _ in range(PUSH_MAX + 3):
        device._says(deal, "objection.raised", **raised)
    # The deal is open: refused, were it not that those before it are still waited for.
    reopened = device._says(deal, "deal.reopened", reason="The budget was released")
    device._says(deal, "participant.joined", party_id=person, side="buyer", name="Ada")
    device.push(calmly=True)
    assert device.person.waits[reopened]["reason"] == "behind"
    device.push(calmly=True)
    assert (device.outbox, list(device.refused)) == ([], [reopened])
