"""The process that delivers is killed: another takes over, nothing is lost, and what comes twice can be told."""

import signal
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from service.ledger.webhooks.rows import HOLD_S
from tests.conftest import Database
from tests.running import Running, Start
from tests.webhooks.conftest import LOOPBACK
from tests.webhooks.receiver import Receiver, receiving, status

NOTES = 40


def made(service: Running, receiver: Receiver, key_of: Running) -> str:
    told = httpx.post(
        f"{service.url}/v1/webhooks",
        json={"url": receiver.url, "name": "CRM", "kinds": ["deal"]},
        headers=key_of.headers,
        trust_env=False,
    )
    assert told.status_code == 201, told.text
    return f"/v1/webhooks/{told.json()['webhook']['webhook_id']}"


def a_deal(service: Running, key_of: Running, notes: int) -> None:
    facts: list[dict[str, Any]] = [{"type": "deal.opened", "data": {"title": "Depots"}}]
    facts += [{"type": "note.recorded", "data": {"text": str(number)}} for number in range(notes)]
    answer = httpx.post(f"{service.url}/v1/deals", json={"facts": facts}, headers=key_of.headers, trust_env=False)
    assert answer.status_code == 201, answer.text


def holder(database: Database) -> Any:
    with psycopg.connect(database.owner) as connection:
        row = connection.execute("SELECT held_by FROM webhook").fetchone()
        assert row is not None
        return row[0]


def is_held(database: Database) -> bool:
    with psycopg.connect(database.owner) as connection:
        row = connection.execute("SELECT held_until > now() FROM webhook").fetchone()
        assert row is not None
        return bool(row[0])


def in_order(receiver: Receiver) -> list[int]:
    """Positions without what came again; the order of what is new must be that of the log."""
    new = list(dict.fromkeys(receiver.positions))
    assert new == sorted(new)
    assert new == list(range(new[0], new[0] + len(new)))
    ids = {got.fact["position"]: got.id for got in receiver.got}
    assert all(ids[got.fact["position"]] == got.id for got in receiver.got), "again under the same id"
    return new


def test_F2_a_kill_between_sending_and_noting_costs_a_message_twice_and_none(
    folder: Path, database: Database, service_process: Start
) -> None:
    """The receiver has taken the message in; the process dies while it reads the answer. It comes back and goes on."""
    service = service_process(folder / "one", database=database, environment=LOOPBACK)
    with receiving() as receiver:
        made(service, receiver, service)

        def die(handler: Any) -> None:
            service.process.send_signal(signal.SIGKILL)
            service.process.wait()
            status(204)(handler)

        receiver.answers = [status(204), status(204), die]
        a_deal(service, service, NOTES)
        receiver.has(3)
        service.process.wait(10)
        with psycopg.connect(database.owner, autocommit=True) as connection:  # as if the hold had lapsed
            connection.execute("UPDATE webhook SET held_until = now() - interval '1 s'")
        again = service_process(folder / "one", database=database, environment=LOOPBACK)
        receiver.has(NOTES + 2)
        new = in_order(receiver)
        assert len(new) == NOTES + 1
        assert [position - new[0] for position in receiver.positions[:5]] == [0, 1, 2, 2, 3]
        assert again.stop() == 0


@pytest.mark.slow  # waits for the hold of who was killed to lapse
def test_F15_another_process_takes_over_when_the_hold_has_lapsed(
    folder: Path, database: Database, service_process: Start
) -> None:
    first = service_process(folder / "first", database=database, environment=LOOPBACK)
    with receiving() as receiver:
        hook = made(first, receiver, first)

        def die(handler: Any) -> None:
            first.process.send_signal(signal.SIGKILL)
            first.process.wait()
            status(204)(handler)

        receiver.answers = [status(204), die]
        a_deal(first, first, NOTES)
        receiver.has(2)
        held_by = holder(database)
        second = service_process(folder / "second", database=database, environment=LOOPBACK)
        killed_at = receiver.got[1].at
        receiver.has(NOTES + 2, HOLD_S + 15)
        took_s = receiver.got[2].at - killed_at
        assert in_order(receiver)
        assert len(receiver.got) == NOTES + 2, "one message twice, no other"
        assert holder(database) != held_by
        assert took_s < HOLD_S + 5
        print(f"taken over {took_s:.1f} s after the kill")  # noqa: T201  # the evidence
        time.sleep(0.5)
        told = httpx.get(second.url + hook, headers=first.headers, trust_env=False).json()
        assert (told["state"], told["attempts"]) == ("active", 0)
        assert second.stop() == 0


def test_F23_who_is_asked_to_end_leaves_no_hold_behind(
    folder: Path, database: Database, service_process: Start
) -> None:
    """The next process goes on at once, and nothing comes twice."""
    first = service_process(folder / "one", database=database, environment=LOOPBACK)
    with receiving() as receiver:
        made(first, receiver, first)

        def slow(handler: Any) -> None:
            time.sleep(0.1)
            status(204)(handler)

        receiver.usual = slow
        a_deal(first, first, NOTES)
        receiver.has(5)
        assert first.stop() == 0
        assert not is_held(database)
        assert len(receiver.got) < NOTES
        receiver.usual = status(204)
        service_process(folder / "one", database=database, environment=LOOPBACK)
        receiver.has(NOTES + 1)
        assert len(receiver.positions) == len(in_order(receiver)) == NOTES + 1
