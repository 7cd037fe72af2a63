"""What a webhook may send: what the key of its maker sees when it goes out, and nothing once that key is gone."""

import asyncio
import json
import random
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.events import ClientProposal
from domain.facts import Proposal
from service.http.permissions import ROLE_MAY
from service.ledger import members
from service.ledger.erasing.asked import Wanted as ToErase
from service.ledger.feed.entries import Wanted, reset_json
from service.ledger.refusals import WebhookWithoutKey
from service.ledger.webhooks.rounds import ROLES
from tests.ledger.conftest import OPENED_AT, a_deal, note
from tests.webhooks.conftest import Desk, come
from tests.webhooks.receiver import Receiver, status

pytestmark = pytest.mark.anyio


def said(type_: str, visibility: str, **data: Any) -> Proposal:
    """A proposal with a visibility of its own."""
    proposal: Proposal = msgspec.convert(
        {"type": type_, "occurred_at": OPENED_AT, "visibility": visibility, "data": data}, ClientProposal
    )
    return proposal


def test_the_roles_are_those_that_the_calls_take() -> None:
    assert {role for role, may in ROLE_MAY.items() if "forward" in may} == ROLES


async def test_what_is_private_is_never_sent(desk: Desk, receiver: Receiver) -> None:
    somebody, program = await desk.key("member"), await desk.key("service")
    webhook = await desk.webhook(receiver, program)
    deal = await a_deal(desk.ledger, somebody)
    secret = said("note.recorded", "private", text="They will never sign")
    await desk.ledger.append(somebody, deal, [secret], opens=False)
    own = said("goal.set", "private", statement="Leave in spring", horizon="short")
    await desk.ledger.append(somebody, f"goal/{uuid4()}", [own], opens=True)
    await note(desk.ledger, somebody, deal, "They count shifts on paper")
    await desk.caught_up(webhook)
    assert [fact["type"] for fact in receiver.facts] == ["deal.opened", "note.recorded"]
    sent = b"".join(got.body for got in receiver.got)
    assert b"never sign" not in sent
    assert b"spring" not in sent
    skipped = receiver.got[1].event
    assert int(skipped["sequence"]) - int(skipped["previoussequence"]) == 3, (
        "the chain has no gap where nothing is seen"
    )


async def test_whatever_is_recorded_the_receiver_gets_what_a_follower_does(desk: Desk, receiver: Receiver) -> None:
    """Random people record with random visibility; resets come as in the feed."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    program = await desk.key("service")
    webhook = await desk.webhook(receiver, program)
    people = [await desk.key("member") for _ in range(3)] + [program]
    deals = []
    for _ in range(3):
        width = chance.choice(["team", "participants"])
        opened = said("deal.opened", width, title="Depots")
        who = chance.choice(people)
        deals.append((f"deal/{uuid4()}", who))
        await desk.ledger.append(who, deals[-1][0], [opened], opens=True)
    joined = set()
    for _ in range(40):
        deal, who = chance.choice(deals)
        visibility = chance.choice(["private", "participants", "team"])
        facts = [said("note.recorded", visibility, text="heard")]
        newcomer = chance.choice(people).caller.party_id
        if chance.random() < 0.3 and (deal, newcomer) not in joined:
            joined.add((deal, newcomer))
            facts.append(said("participant.joined", "participants", party_id=str(newcomer), side="seller"))
        await desk.ledger.append(who, deal, facts, opens=False)
    await desk.caught_up(webhook)
    seen, _, _ = await desk.ledger.feed(program, Wanted(), webhook.position, 500)
    expected = []
    for item in seen:
        if item.reset:
            expected.append(json.loads(reset_json(item)))
        if item.event:
            expected.append(json.loads(item.entry.body))
    resets = sum("reset" in one for one in receiver.facts)
    print(f"seed {seed}: {len(expected)} messages, {resets} of them resets")  # noqa: T201  # to find it again
    # What a follower is shown of a fact is judged when it is shown, so that a later look may show more than was sent.
    sent = [json.dumps(one, sort_keys=True) for one in receiver.facts]
    shown = [json.dumps(one, sort_keys=True) for one in expected]
    assert set(sent) <= set(shown), f"seed {seed}"
    held = [index for index, one in enumerate(shown) if one in set(sent)]
    assert [shown[index] for index in held] == sent, f"seed {seed}: the order of the log"
    assert len({got.id for got in receiver.got}) == len(receiver.got)


async def test_a_revoked_key_stops_its_webhook_and_another_of_the_same_takes_it_on(
    desk: Desk, receiver: Receiver
) -> None:
    program = await desk.key("service")
    webhook = await desk.webhook(receiver, program)
    await members.revoke_key(desk.ledger, desk.workspace_id, program.credential_id, None, desk.owner.caller.actor)
    await a_deal(desk.ledger, desk.owner)
    stopped = await desk.until(webhook, lambda one: one.state == "stopped")
    assert (stopped.reason, stopped.position) == ("key-ended", webhook.position)
    assert not receiver.got
    with pytest.raises(WebhookWithoutKey):
        await desk.ledger.webhooks.resume(desk.owner, webhook.webhook_id)
    another = await desk.key("service", program.caller.party_id)
    resumed = await desk.ledger.webhooks.resume(another, webhook.webhook_id)
    assert (resumed.state, resumed.credential_id) == ("active", another.credential_id)
    await desk.caught_up(webhook)
    assert [fact["type"] for fact in receiver.facts][-1] == "deal.opened"


async def test_who_leaves_takes_their_webhooks_out_of_service(desk: Desk, receiver: Receiver) -> None:
    party = uuid4()
    await members.add_member(desk.ledger, desk.workspace_id, party, "CRM", "service")
    program = await desk.key("service", party)
    webhook = await desk.webhook(receiver, program)
    await members.remove_member(desk.ledger, desk.workspace_id, party, None)
    await a_deal(desk.ledger, desk.owner)
    assert (await desk.until(webhook, lambda one: one.state == "stopped")).reason == "key-ended"
    assert not receiver.got


async def test_who_has_a_role_without_webhooks_now_has_theirs_stopped(desk: Desk, receiver: Receiver) -> None:
    party = uuid4()
    await members.add_member(desk.ledger, desk.workspace_id, party, "CRM", "service")
    program = await desk.key("service", party)
    webhook = await desk.webhook(receiver, program)
    await members.change_role(desk.ledger, desk.workspace_id, party, "member")
    await a_deal(desk.ledger, desk.owner)
    assert (await desk.until(webhook, lambda one: one.state == "stopped")).reason == "role-forbids"
    with pytest.raises(WebhookWithoutKey):
        await desk.ledger.webhooks.resume(desk.owner, webhook.webhook_id)


async def test_what_was_erased_before_it_goes_out_goes_out_erased(desk: Desk, receiver: Receiver) -> None:
    """The fact was read already, and waits behind another one that is on its way."""
    hold, held = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait(handler: Any) -> None:
        loop.call_soon_threadsafe(held.set)
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result(10)
        status(200)(handler)

    deal = await a_deal(desk.ledger, desk.owner)
    webhook = await desk.webhook(receiver)
    receiver.answers = [wait]
    both = [said("note.recorded", "team", text=text) for text in ("on its way", "Marta is ill")]
    recorded = (await desk.ledger.append(desk.owner, deal, both, opens=False)).events
    await asyncio.wait_for(held.wait(), 10)
    wanted = ToErase(scope="event", target_id=recorded[1].fact.event_id, reason="asked for", event_id=uuid4())
    await desk.ledger.erase(desk.owner, wanted)
    hold.set()
    await desk.caught_up(webhook)
    await come(receiver, 3)
    assert receiver.facts[0]["data"]["text"] == "on its way"
    assert receiver.facts[1]["erased"] is True
    assert b"Marta" not in b"".join(got.body for got in receiver.got)
    assert receiver.facts[2]["type"] == "content.erased"
