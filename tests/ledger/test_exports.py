"""Bundles: whole, checkable without the service, and silent about what their reader may not see."""

from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.facts import Visibility
from projections.trust.policy import BUILT_IN, TRUST_1
from service.ledger.checkpoints import Head
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.members import issue_key
from service.ledger.publishing import publish
from service.ledger.receipts import ReceiptsAsked
from service.ledger.refusals import Absent
from service.proof.bundle import WHOLE_LOG
from service.proof.flaws import MISSING, POLICY, REWRITTEN, UNCOMPARED, UNSIGNED
from service.proof.leaf import leaf_of, leaf_text
from service.proof.note import Signer, VerifierKey
from tests.conftest import Database
from tests.ledger.bundles import bundle, checkpoint, events, flaw, read, sound, written
from tests.ledger.conftest import Opening, a_deal, member, note, noted, proposal

pytestmark = pytest.mark.anyio


def privately(text: str) -> object:
    return msgspec.structs.replace(noted(text), visibility=Visibility.PRIVATE)


async def test_a_deals_bundle_proves_all_of_it_up_to_the_checkpoint(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    await a_deal(ledger, noor)
    for text in ("One", "Zwei ü", "Three"):
        await note(ledger, noor, deal, text)
    lines = await bundle(ledger, noor, deal)
    verdict = sound(lines)
    assert (verdict.scope, verdict.size, verdict.events, verdict.shown) == (deal, 5, 4, 4)
    shown = events(lines)
    assert [event["position"] for event in shown] == [0, 2, 3, 4]
    assert '"text":"Zwei ü"' in shown[2]["parts"]["words"]["text"]
    assert '"type":"note.recorded"' in shown[2]["parts"]["envelope"]["text"]
    manifest = read(lines)[0]
    assert manifest["parts"] == ["stream", "events", "policies", "receipts"]
    assert manifest["log"] == f"throughline/{noor.workspace_id}"


async def test_the_whole_log_proves_itself(ledger: Ledger, noor: Identity) -> None:
    deals = [await a_deal(ledger, noor) for _ in range(3)]
    for turn in range(6):
        await ledger.append(noor, deals[turn % 3], [noted("One")] * 60, opens=False)
    verdict = sound(await bundle(ledger, noor))
    assert (verdict.scope, verdict.size, verdict.events, verdict.shown) == (WHOLE_LOG, 363, 363, 363)


async def test_hidden_facts_are_proven_by_their_digests(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "For all")
    await ledger.append(noor, deal, [privately("For me alone")], opens=False)  # type: ignore[list-item]
    await note(ledger, noor, deal, "For all again")
    other = member(noor.workspace_id)
    for scope in (deal, None):
        lines = await bundle(ledger, other, scope)
        verdict = sound(lines)
        assert (verdict.events, verdict.shown) == (4, 3)
        assert b"For me alone" not in b"".join(lines)
        assert events(lines)[2]["parts"] == {}
        assert sound(await bundle(ledger, noor, scope)).shown == 4


async def test_streams_that_a_reader_may_not_know_of_are_leaves_alone(ledger: Ledger, noor: Identity) -> None:
    goal = f"goal/{uuid4()}"
    await ledger.append(noor, goal, [proposal("goal.set", statement="Run", horizon="long")], opens=True)
    deal = await a_deal(ledger, noor)
    await issue_key(ledger, noor.workspace_id, role="member", name="Ben")
    other = member(noor.workspace_id)
    with pytest.raises(Absent):
        await bundle(ledger, other, goal)
    lines = await bundle(ledger, other)
    verdict = sound(lines)
    assert (verdict.events, verdict.shown) == (4, 1)
    told = b"".join(lines).decode()
    assert goal.partition("/")[2] not in told
    assert deal in told
    facts = [line["line"] for line in read(lines) if line["line"] not in ("manifest", "ends")]
    assert facts == ["leaf", "event", "leaf", "leaf", "policy", "receipt", "end"]
    assert sound(await bundle(ledger, noor)).shown == 2
    assert sound(await bundle(ledger, member(noor.workspace_id, "owner"))).shown == 3


async def test_a_stream_of_another_application_is_a_part_of_the_log(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    await a_deal(ledger, noor)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE stream SET kind = 'opaque'")
        sql = "SELECT stream_id, recorded_at, sha256(envelope), structure_digest, words_digest FROM event"
        (stream, *parts) = connection.execute(sql).fetchall()[0]
        text = leaf_text(f"opaque/{stream}", 1, b"", *parts)
        connection.execute("UPDATE event SET leaf = %s", (leaf_of(text),))
    verdict = sound(await bundle(ledger, noor))
    assert (verdict.events, verdict.shown) == (1, 0)


async def test_after_a_key_was_destroyed_everything_is_still_proven(
    ledger: Ledger, noor: Identity, opening: Opening, database: Database
) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "Unforgettable")
    before = await checkpoint(ledger, noor.workspace_id)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE content_key SET wrapped = NULL, destroyed_at = now()")
    async with opening() as other:  # a process that never knew the key
        for scope in (deal, None):
            lines = await bundle(other, noor, scope, since=2)
            assert sound(lines, before).events == 2
            assert b"Unforgettable" not in b"".join(lines)
            assert "words" not in events(lines)[1]["parts"]
            assert '"envelope"' in events(lines)[1]["leaf"]


async def test_after_its_parts_were_emptied_a_fact_is_still_proven(
    ledger: Ledger, noor: Identity, opening: Opening, database: Database
) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "Unforgettable")
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE event SET words = NULL, proposal_digest = NULL WHERE version = 2")
    async with opening() as other:
        for scope in (deal, None):
            lines = await bundle(other, noor, scope)
            assert sound(lines).shown == 2
            assert set(events(lines)[1]["parts"]) == {"envelope", "structure"}


async def test_a_bundle_shows_that_the_log_only_grew(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    older = await checkpoint(ledger, noor.workspace_id)
    for _ in range(5):
        await note(ledger, noor, deal, "More")
    for scope in (deal, None):
        assert sound(await bundle(ledger, noor, scope, since=1), older).against == 1
    assert sound(await bundle(ledger, noor), older).against == 1
    assert flaw(await bundle(ledger, noor, deal), older) == (
        UNCOMPARED,
        "it has no proof from 1 facts on: export it with since=1",
    )
    newest = await checkpoint(ledger, noor.workspace_id)
    assert sound(await bundle(ledger, noor, deal), newest).against == 6
    with pytest.raises(Absent):
        await bundle(ledger, noor, deal, since=7)


async def test_a_checkpoint_of_another_log_is_refused(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    stranger = member(uuid4())
    await ledger.create_workspace(stranger.workspace_id, "Elsewhere")
    await a_deal(ledger, stranger)
    elsewhere = await checkpoint(ledger, stranger.workspace_id)
    lines = await bundle(ledger, noor, deal)
    assert flaw(lines, elsewhere)[0] is UNSIGNED
    key = VerifierKey.parse(read(await bundle(ledger, stranger))[0]["keys"][0])
    assert flaw(lines, keys=(key,))[0] is UNSIGNED


async def test_another_key_under_the_same_name_is_refused(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    lines = await bundle(ledger, noor, deal)
    forger = Signer(f"throughline/{noor.workspace_id}", bytes(32))
    assert flaw(lines, keys=(forger.verifier,))[0] is UNSIGNED


async def test_a_tail_that_is_left_out_is_missed(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "What they would rather not show")
    for scope in (deal, None):
        lines = read(await bundle(ledger, noor, scope))
        lines[-1]["events"] -= 1
        lines.remove([line for line in lines if line["line"] == "event"][-1])
        kind, detail = flaw(written(lines))
        assert kind is MISSING
        assert "2 facts" in detail
        assert "1 are here" in detail


async def test_a_history_of_another_tree_is_rewritten(ledger: Ledger, noor: Identity, database: Database) -> None:
    deal = await a_deal(ledger, noor)
    older = await checkpoint(ledger, noor.workspace_id)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE event SET leaf = sha256('x')")
        for table in ("tree", "tile", "tree_head", "stream_end", "stream_bucket"):
            connection.execute(f"DELETE FROM {table}".encode())
    await note(ledger, noor, deal, "More")
    assert flaw(await bundle(ledger, noor, deal, since=1), older)[0] is REWRITTEN


async def test_a_bundle_carries_the_policies_in_force_and_the_log_vouches_for_them(
    ledger: Ledger, noor: Identity
) -> None:
    strict = msgspec.structs.replace(TRUST_1, name="strict", version=2, silence_days=3)
    known = {policy.key: policy for policy in (TRUST_1, strict)}
    asked = ReceiptsAsked(ledger.clock.now(), TRUST_1, known)
    owner = member(noor.workspace_id, "owner")
    deal = await a_deal(ledger, noor)

    async def policies(who: Identity, scope: str | None) -> list[str]:
        lines = read(await bundle(ledger, who, scope, asked=asked))
        return [line["policy"] for line in lines if line["line"] == "policy"]

    assert await policies(owner, None) == ["trust/1"]
    assert await publish(ledger, noor.workspace_id, strict)
    assert await policies(owner, None) == await policies(owner, deal) == ["trust/1", "strict/2"]
    assert await policies(noor, deal) == ["trust/1"]  # a member does not see what the workspace recorded of itself
    lines = read(await bundle(ledger, owner, asked=asked))
    assert sound(written(lines)).receipts == 1
    other = msgspec.structs.replace(strict, silence_days=4)
    for line in lines:
        if line.get("policy") == "strict/2":
            line.update(document=other.document.decode(), sha256=other.digest)
    kind, detail = flaw(written(lines))
    assert kind is POLICY
    assert f"strict/2 was published with the digest {strict.digest}" in detail


async def test_each_stream_that_is_shown_has_a_receipt(ledger: Ledger, noor: Identity) -> None:
    deals = [await a_deal(ledger, noor) for _ in range(40)]
    await ledger.append(noor, deals[3], [noted("One")] * 300, opens=False)
    lines = await bundle(ledger, noor)
    receipts = [line["stream_id"] for line in read(lines) if line["line"] == "receipt"]
    assert sorted(receipts) == sorted(deals)
    assert sound(lines).receipts == 40


async def test_what_others_record_while_a_checkpoint_is_waited_for_is_in_it(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = await a_deal(ledger, noor)
    asked = ReceiptsAsked(ledger.clock.now(), TRUST_1, BUILT_IN)
    covering = ledger.checkpoints.covering
    async with opening() as other:

        async def slowly(workspace_id: UUID, size: int) -> Head:
            await note(other, noor, deal, "Meanwhile")
            await ledger.checkpoints.advance(workspace_id)
            return await covering(workspace_id, size)

        monkeypatch.setattr(ledger.checkpoints, "covering", slowly)
        file = await ledger.receipt(noor, deal, asked)
        assert (file.receipt.size, file.receipt.facts, file.receipt.hidden) == (2, 2, [])
        lines = await bundle(ledger, noor, deal, asked=asked)
        assert (sound(lines).events, sound(lines).shown, sound(lines).receipts) == (3, 3, 1)
