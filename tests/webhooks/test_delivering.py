"""What arrives, in which order, and what happens when it does not. Each test has its own workspace and receiver."""

import asyncio
import itertools
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from service.ledger.feed.entries import Wanted
from service.ledger.webhooks import rounds, sending
from service.ledger.webhooks.schedule import GIVE_UP
from tests.ledger.conftest import a_deal, note
from tests.webhooks.conftest import Desk, come
from tests.webhooks.receiver import Receiver, receiving, status

pytestmark = pytest.mark.anyio


async def test_facts_arrive_in_order_signed_as_the_feed_has_them_and_chained(desk: Desk, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver)
    before = webhook.position
    deals = [await a_deal(desk.ledger, desk.owner) for _ in range(2)]
    for number, deal in itertools.product(range(5), deals):
        await note(desk.ledger, desk.owner, deal, f"note {number}")
    done = await desk.caught_up(webhook)
    seen, _, head = await desk.ledger.feed(desk.owner, Wanted(), before, 500)
    assert [got.fact for got in receiver.got] == [msgspec.json.decode(item.entry.body) for item in seen]
    assert receiver.positions == list(range(before, head))
    events = [got.verified(desk.secrets[webhook.webhook_id]) for got in receiver.got]
    assert [event["type"] for event in events[:2]] == ["deal.opened", "deal.opened"]
    assert "previoussequence" not in events[0]
    assert [event["previoussequence"] for event in events[1:]] == [event["sequence"] for event in events[:-1]]
    assert len({got.id for got in receiver.got}) == len(receiver.got)
    assert (done.state, done.previous, done.attempts) == ("active", head - 1, 0)
    assert {one.outcome for one in await desk.log(webhook)} == {"delivered"}


async def test_a_message_that_is_not_taken_is_sent_again_under_its_id_and_holds_back_the_rest(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.answers = [status(500), status(503)]
    webhook = await desk.webhook(receiver)
    deal = await a_deal(desk.ledger, desk.owner)
    await note(desk.ledger, desk.owner, deal, "later")
    done = await desk.caught_up(webhook)
    first, again, third, later = receiver.got
    assert first.id == again.id == third.id != later.id
    assert receiver.positions == [webhook.position] * 3 + [webhook.position + 1]
    assert third.at - again.at > 1.0 > again.at - first.at - 1.0, "the pauses grow"
    assert [(one.attempt, one.outcome, one.status) for one in await desk.log(webhook)] == [
        (1, "refused", 500),
        (2, "refused", 503),
        (3, "delivered", 204),
        (1, "delivered", 204),
    ]
    assert (done.attempts, done.failing_since, done.next_attempt_at) == (0, None, None)
    for got in receiver.got:
        got.verified(desk.secrets[webhook.webhook_id])


async def test_who_is_gone_is_sent_nothing_more_at_once(desk: Desk, receiver: Receiver) -> None:
    receiver.usual = status(410)
    webhook = await desk.webhook(receiver)
    await a_deal(desk.ledger, desk.owner)
    stopped = await desk.until(webhook, lambda one: one.state == "stopped")
    assert (stopped.reason, stopped.position, len(receiver.got)) == ("gone", webhook.position, 1)
    receiver.usual = status(200)
    await desk.ledger.webhooks.resume(desk.owner, webhook.webhook_id)
    resumed = await desk.caught_up(webhook)
    assert (resumed.state, resumed.reason) == ("active", None)
    assert receiver.got[0].id == receiver.got[1].id


async def test_redirects_are_not_followed(desk: Desk, receiver: Receiver) -> None:
    with receiving() as elsewhere:
        receiver.usual = status(307, Location=elsewhere.url)
        webhook = await desk.webhook(receiver)
        await a_deal(desk.ledger, desk.owner)
        await desk.until(webhook, lambda one: one.attempts > 0)
        assert not elsewhere.got
    assert [(one.outcome, one.status) for one in await desk.log(webhook)][:1] == [("redirected", 307)]


async def test_a_pause_that_the_receiver_asks_for_is_kept(desk: Desk, receiver: Receiver) -> None:
    receiver.usual = status(429, Retry_After="600")
    webhook = await desk.webhook(receiver)
    await a_deal(desk.ledger, desk.owner)
    waiting = await desk.until(webhook, lambda one: one.attempts > 0)
    assert waiting.next_attempt_at is not None
    assert waiting.failing_since is not None
    assert timedelta(seconds=595) < waiting.next_attempt_at - waiting.failing_since < timedelta(seconds=605)
    receiver.usual = status(200)
    desk.clock.ahead += timedelta(seconds=601)
    await desk.caught_up(webhook)


async def test_after_three_days_in_vain_it_stops_and_says_so(desk: Desk, receiver: Receiver) -> None:
    receiver.usual = status(500)
    webhook = await desk.webhook(receiver)
    await a_deal(desk.ledger, desk.owner)
    failing = await desk.until(webhook, lambda one: one.attempts > 0)
    assert failing.failing_since is not None
    desk.clock.ahead += GIVE_UP - timedelta(minutes=5)
    still = await desk.until(webhook, lambda one: one.attempts > failing.attempts)
    assert still.state == "active"
    assert still.failing_since == failing.failing_since
    desk.clock.ahead += timedelta(hours=4)
    stopped = await desk.until(webhook, lambda one: one.state == "stopped")
    assert (stopped.reason, stopped.position) == ("failing", webhook.position)
    await asyncio.sleep(1.2)
    assert (await desk.now(webhook)).attempts == stopped.attempts, "nothing is sent any more"


async def test_replay_sends_again_under_the_same_ids_and_can_skip(desk: Desk, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver)
    deal = await a_deal(desk.ledger, desk.owner)
    for number in range(3):
        await note(desk.ledger, desk.owner, deal, str(number))
    await desk.caught_up(webhook)
    again = webhook.position + 1
    await desk.ledger.webhooks.replay(desk.owner, webhook.webhook_id, again)
    await desk.caught_up(webhook)
    await come(receiver, 7)
    ids = [got.id for got in receiver.got]
    assert ids[4:] == ids[1:4]
    assert "previoussequence" not in receiver.got[4].event, "a replay begins a chain of its own"
    await desk.ledger.webhooks.pause(desk.owner, webhook.webhook_id)
    for number in range(3):
        await note(desk.ledger, desk.owner, deal, f"skipped {number}")
    head = await desk.ledger.position(desk.owner)
    await desk.ledger.webhooks.replay(desk.owner, webhook.webhook_id, head - 1)
    assert (await desk.now(webhook)).state == "paused"
    await desk.ledger.webhooks.resume(desk.owner, webhook.webhook_id)
    await desk.caught_up(webhook)
    assert receiver.positions[7:] == [head - 1]


async def test_a_replay_that_is_asked_for_while_a_message_is_out_is_not_undone_by_its_answer(
    desk: Desk, receiver: Receiver
) -> None:
    hold, held = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(handler: object) -> None:
        loop.call_soon_threadsafe(held.set)
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result(10)
        status(200)(handler)  # type: ignore[arg-type]  # the handler that it was given

    webhook = await desk.webhook(receiver)
    deal = await a_deal(desk.ledger, desk.owner)
    await desk.caught_up(webhook)
    receiver.answers = [wait]
    await note(desk.ledger, desk.owner, deal, "held")
    await asyncio.wait_for(held.wait(), 10)
    await desk.ledger.webhooks.replay(desk.owner, webhook.webhook_id, webhook.position)
    assert len(receiver.got) == 2, "one at a time: the replay waits for what is out"
    hold.set()
    await desk.caught_up(webhook)
    await come(receiver, 4)
    assert [one - webhook.position for one in receiver.positions] == [0, 1, 0, 1]


async def test_a_paused_webhook_sends_nothing_and_goes_on_where_it_was(desk: Desk, receiver: Receiver) -> None:
    webhook = await desk.webhook(receiver)
    await desk.ledger.webhooks.pause(desk.owner, webhook.webhook_id)
    await a_deal(desk.ledger, desk.owner)
    await asyncio.sleep(1.2)
    assert not receiver.got
    await desk.ledger.webhooks.resume(desk.owner, webhook.webhook_id)
    await desk.caught_up(webhook)
    assert receiver.positions == [webhook.position]


async def test_streams_types_and_kinds_narrow_down_what_is_sent(desk: Desk, receiver: Receiver) -> None:
    first = await a_deal(desk.ledger, desk.owner)
    by_type = await desk.webhook(receiver, types=["deal.opened"])
    with receiving() as streams, receiving() as kinds, receiving() as goals:
        of_stream = await desk.webhook(streams, streams=[first])
        of_kind = await desk.webhook(kinds, kinds=["deal"])
        of_goals = await desk.webhook(goals, kinds=["goal"])
        second = await a_deal(desk.ledger, desk.owner)
        for deal in (first, second):
            await note(desk.ledger, desk.owner, deal, "here")
        await desk.key("member")
        for webhook in (by_type, of_stream, of_kind, of_goals):
            await desk.caught_up(webhook)
        assert [fact["type"] for fact in receiver.facts] == ["deal.opened"]
        assert [fact["stream_id"] for fact in streams.facts] == [first]
        assert [fact["type"] for fact in kinds.facts] == ["deal.opened", "note.recorded", "note.recorded"]
        assert not goals.got


async def test_a_receiver_that_never_answers_harms_nobody(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "TOTAL_S", 1.5)
    hold = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silence(_: object) -> None:
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result(20)

    receiver.usual = silence
    silent = [await desk.webhook(receiver) for _ in range(5)]
    with receiving() as quick:
        webhook = await desk.webhook(quick)
        deal = await a_deal(desk.ledger, desk.owner)
        await come(receiver, 5)
        began = loop.time()
        for number in range(50):
            await note(desk.ledger, desk.owner, deal, str(number))
        recorded_s = loop.time() - began
        await desk.caught_up(webhook)
        assert quick.positions == list(range(webhook.position, webhook.position + 51))
        assert recorded_s < 1.0, "who records does not wait for receivers"
    for one in silent:
        await desk.until(one, lambda current: current.attempts > 0)
        first, *_ = await desk.log(one)
        assert (first.outcome, first.status) == ("timed-out", None)
        assert 1_400 < first.took_ms < 4_000
    hold.set()


async def test_of_a_long_answer_no_more_is_read_than_the_bound(desk: Desk, receiver: Receiver) -> None:
    written = 0

    def endless(handler: object) -> None:
        nonlocal written
        handler.send_response(200)  # type: ignore[attr-defined]  # the handler that it was given
        handler.end_headers()  # type: ignore[attr-defined]
        with suppress(OSError):  # the sender hangs up
            while written < 1 << 30:
                written += handler.wfile.write(bytes(1 << 16))  # type: ignore[attr-defined]

    receiver.usual = endless
    webhook = await desk.webhook(receiver)
    await a_deal(desk.ledger, desk.owner)
    await desk.caught_up(webhook)
    (delivery,) = await desk.log(webhook)
    assert (delivery.outcome, delivery.status) == ("delivered", 200)
    assert written < 64 << 20, "what the sockets hold, and no more"


async def test_a_fact_that_is_too_large_to_send_is_named_by_its_address(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ledger.webhooks.messages.PAYLOAD_BYTES_MAX", 1_500)
    webhook = await desk.webhook(receiver)
    deal = await a_deal(desk.ledger, desk.owner)
    recorded = await note(desk.ledger, desk.owner, deal, "long " * 400)
    await desk.caught_up(webhook)
    event = receiver.got[1].verified(desk.secrets[webhook.webhook_id])
    assert "data" not in event
    kind, _, stream = deal.partition("/")
    assert event["dataref"] == f"/v1/{kind}s/{stream}/events/{recorded.events[0].fact.event_id}"
    assert "data" in receiver.got[0].event


async def test_a_message_that_was_sent_but_not_noted_is_sent_again_under_its_id(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a process dies between the two."""
    dies = iter([True])
    move = rounds.Round._move

    async def not_noted(self: rounds.Round, *arguments: object) -> bool:
        if len(arguments) > 2 and next(dies, False):
            raise RuntimeError("died before it was noted")
        return await move(self, *arguments)  # type: ignore[arg-type]  # what it was given

    monkeypatch.setattr(rounds.Round, "_move", not_noted)
    monkeypatch.setattr("service.ledger.webhooks.delivering.AFTER_FAULT_S", 0.1)
    webhook = await desk.webhook(receiver)
    deal = await a_deal(desk.ledger, desk.owner)
    await note(desk.ledger, desk.owner, deal, "next")
    await desk.caught_up(webhook)
    assert [one - webhook.position for one in receiver.positions] == [0, 0, 1]
    assert receiver.got[0].id == receiver.got[1].id != receiver.got[2].id
