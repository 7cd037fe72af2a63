"""What is kept, by whom, and for how long: one process at a time, a bounded log, and no secret anywhere."""

import asyncio
import logging
import time
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from service.ledger.refusals import Absent, TooManyWebhooks
from service.ledger.webhooks.records import Wish
from service.ledger.webhooks.rows import (
    CLEARED_MAX,
    DELIVERIES_KEPT,
    DELIVERIES_KEPT_MAX,
    WEBHOOKS_PER_WORKSPACE_MAX,
    Rows,
)
from service.ledger.webhooks.secrets import Secrets
from service.settings import Settings
from tests.conftest import Database
from tests.ledger.conftest import a_deal, note
from tests.webhooks.conftest import MASTER_KEY, Desk, ShiftedClock, delivering
from tests.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.anyio

ROWS = 100_000
# One step of clearing up; the statement timeout is five times that.
STEP_S = 1.0

_FILL = """
INSERT INTO delivery (workspace_id, webhook_id, delivery_id, at, message, position, attempt, outcome, status, took_ms)
SELECT %s, %s, gen_random_uuid(), now() - %s * (n::float / %s), 'fact', n, 1, 'delivered', 204, 3
  FROM generate_series(1, %s) AS n
"""


async def test_two_processes_send_everything_once_between_them(
    desk: Desk, receiver: Receiver, database: Database, settings: Settings
) -> None:
    async with delivering(database, settings, ShiftedClock()):
        webhooks = [await desk.webhook(receiver) for _ in range(4)]
        deal = await a_deal(desk.ledger, desk.owner)
        for number in range(30):
            await note(desk.ledger, desk.owner, deal, str(number))
        for webhook in webhooks:
            await desk.caught_up(webhook)
    for webhook in webhooks:
        positions = [got.fact["position"] for got in receiver.got if webhook.webhook_id.hex in got.id]
        assert positions == list(range(webhook.position, webhook.position + 31))


async def test_a_webhook_is_held_by_one_until_its_hold_lapses(desk: Desk, receiver: Receiver) -> None:
    store = desk.ledger._store
    first, second = Rows(store, uuid4()), Rows(store, uuid4())
    receiver.usual = status(500)
    webhook = await desk.webhook(receiver, url="https://hooks.example.org/")
    await desk.ledger.webhooks.pause(desk.owner, webhook.webhook_id)
    place = (desk.workspace_id, webhook.webhook_id)
    assert await first.claim(place, desk.clock.now()) is None, "it is paused"
    with psycopg.connect(desk.database.owner) as connection:
        connection.execute("UPDATE webhook SET state = 'active', held_until = 'infinity', held_by = %s", (uuid4(),))
        connection.commit()
        assert await first.claim(place, desk.clock.now()) is None
        connection.execute("UPDATE webhook SET held_until = now() - interval '1 ms'")
        connection.commit()
    held = await first.claim(place, desk.clock.now())
    assert held is not None
    assert await second.claim(place, desk.clock.now()) is None
    assert await first.claim(place, desk.clock.now()) is not None, "who holds it may hold it longer"
    assert not await second.move(place, held), "nobody else moves it"
    assert await first.move(place, held)
    await first.let_go(place)
    assert await second.claim(place, desk.clock.now()) is not None
    await desk.ledger.webhooks.pause(desk.owner, webhook.webhook_id)
    assert not await second.move(place, held), "and whoever holds it learns that it was changed"


async def test_secrets_are_in_no_log_and_no_repr(
    desk: Desk, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers = [status(500)]
    webhook = await desk.webhook(receiver, url=receiver.url + "?token=hidden-in-the-address")
    await a_deal(desk.ledger, desk.owner)
    await desk.caught_up(webhook)
    shown = desk.secrets[webhook.webhook_id].removeprefix("whsec_")
    (secret,) = Secrets(MASTER_KEY).signing(desk.workspace_id, webhook, desk.clock.now())
    assert secret.shown.removeprefix("whsec_") == shown
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("throughline"))
    for text in (repr(secret), str(secret), repr(webhook), ours, repr(vars(desk.ledger.webhooks))):
        assert shown not in text
    assert "hidden-in-the-address" not in ours


async def test_no_more_than_the_bound_also_when_they_are_made_at_once(desk: Desk) -> None:
    wish = Wish(name="CRM", url="https://hooks.example.org/")
    made = await asyncio.gather(
        *(desk.ledger.webhooks.create(desk.owner, wish, 0) for _ in range(WEBHOOKS_PER_WORKSPACE_MAX + 5)),
        return_exceptions=True,
    )
    refused = [one for one in made if isinstance(one, BaseException)]
    assert [type(one) for one in refused] == [TooManyWebhooks] * 5
    for one in await desk.ledger.webhooks.all(desk.owner):
        await desk.ledger.webhooks.delete(desk.owner, one.webhook_id)


@pytest.mark.slow
async def test_F28_deliveries_beyond_their_time_and_number_go_in_small_steps(desk: Desk, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver)
    await desk.ledger.webhooks.pause(desk.owner, webhook.webhook_id)
    place = (desk.workspace_id, webhook.webhook_id)
    with psycopg.connect(desk.database.owner, autocommit=True) as connection:
        connection.execute(_FILL, (*place, DELIVERIES_KEPT * 2, ROWS, ROWS))
        connection.execute("ANALYZE delivery")

        def left() -> int:
            row = connection.execute("SELECT count(*) FROM delivery WHERE webhook_id = %s", (place[1],)).fetchone()
            assert row is not None
            return int(row[0])

        rows = Rows(desk.ledger._store, uuid4())
        deal = await a_deal(desk.ledger, desk.owner)
        steps, appends = [], []
        while True:
            began = time.perf_counter()
            cleared = await rows.clear(place, desk.clock.now())
            steps.append(time.perf_counter() - began)
            began = time.perf_counter()
            await note(desk.ledger, desk.owner, deal, "meanwhile")
            appends.append(time.perf_counter() - began)
            if cleared < CLEARED_MAX:
                break
        assert left() == DELIVERIES_KEPT_MAX
        newest = await desk.ledger.webhooks.deliveries(desk.owner, webhook.webhook_id, None, 2)
        assert [one.position for one in newest] == [1, 2], "the newest are kept"
        desk.clock.ahead += DELIVERIES_KEPT + timedelta(days=1)
        while await rows.clear(place, desk.clock.now()) == CLEARED_MAX:
            pass
        assert left() == 0
        print(  # noqa: T201  # the evidence
            f"{ROWS} deliveries: {len(steps)} steps, the longest {max(steps) * 1e3:.0f} ms; "
            f"appends meanwhile at most {max(appends) * 1e3:.0f} ms"
        )
        assert max(steps) < STEP_S
        assert max(appends) < STEP_S


async def test_what_is_deleted_goes_with_its_deliveries(desk: Desk, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver)
    await a_deal(desk.ledger, desk.owner)
    await desk.caught_up(webhook)
    await desk.ledger.webhooks.delete(desk.owner, webhook.webhook_id)
    with pytest.raises(Absent):
        await desk.now(webhook)
    await a_deal(desk.ledger, desk.owner)
    await asyncio.sleep(0.3)
    assert len(receiver.got) == 1
    with psycopg.connect(desk.database.owner) as connection:
        kept = connection.execute("SELECT secret, old_secret FROM webhook").fetchall()
        assert kept == [(b"", None)], "its secret is gone at once"
        await desk.ledger.webhooks.deliverer.clear_all()
        connection.rollback()
        assert connection.execute("SELECT count(*) FROM webhook").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
