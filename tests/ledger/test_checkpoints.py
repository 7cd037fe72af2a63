"""The builder: one chain of checkpoints, whoever builds it, over what the log really holds."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from service.ledger import checkpoints
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import NotCheckpointed
from service.proof.checkpoint import Checkpoint
from service.proof.merkle import root_of
from service.proof.note import VerifierKey, open_note
from service.proof.streams import bucket_of, bucket_root, entry_of, key_of, streams_root
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, noted

pytestmark = pytest.mark.anyio


def leaves(database: Database) -> list[bytes]:
    with psycopg.connect(database.owner) as connection:
        return [row[0] for row in connection.execute("SELECT leaf FROM event ORDER BY position").fetchall()]


def heads(database: Database) -> list[tuple[int, bytes, str]]:
    with psycopg.connect(database.owner) as connection:
        return connection.execute("SELECT size, root, note FROM tree_head ORDER BY size").fetchall()


def stream_tree(database: Database) -> bytes:
    """The root over the streams as they are now, from the streams' own rows."""
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT kind, stream_id, version, last_leaf FROM stream").fetchall()
    entries: dict[int, list[tuple[bytes, bytes]]] = {}
    for kind, stream, version, leaf in rows:
        name = f"{kind}/{stream}"
        entries.setdefault(bucket_of(key_of(name)), []).append((key_of(name), entry_of(name, version, leaf)))
    return streams_root({bucket: bucket_root(sorted(held)) for bucket, held in entries.items()})


async def opened_head(ledger: Ledger, workspace_id: UUID) -> Checkpoint:
    head = await ledger.checkpoints.newest(workspace_id)
    assert head is not None
    keys = [VerifierKey.parse(key.key) for key in await ledger.checkpoints.keys.published(workspace_id)]
    checkpoint = Checkpoint.parse(open_note(head.note, keys)[0])
    assert checkpoint.size == head.size
    return checkpoint


async def test_a_checkpoint_is_over_every_leaf_and_every_stream(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    assert await ledger.checkpoints.newest(noor.workspace_id) is None
    deal = await a_deal(ledger, noor)
    for _ in range(3):
        await ledger.append(noor, deal, [noted("One")] * 90, opens=False)
        await a_deal(ledger, noor)
        await ledger.checkpoints.advance(noor.workspace_id)
        checkpoint = await opened_head(ledger, noor.workspace_id)
        assert checkpoint.origin == f"throughline/{noor.workspace_id}"
        assert checkpoint.size == len(leaves(database))
        assert checkpoint.root == root_of(leaves(database))
        assert checkpoint.streams_root == stream_tree(database)
    assert [size for size, _, _ in heads(database)] == [92, 183, 274]


async def test_a_large_log_is_followed_in_steps(
    ledger: Ledger, noor: Identity, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "STEP_LEAVES_MAX", 100)
    deal = await a_deal(ledger, noor)
    for _ in range(7):
        await ledger.append(noor, deal, [noted("One")] * 100, opens=False)
    await ledger.checkpoints.advance(noor.workspace_id)
    everything = leaves(database)
    assert [(size, root) for size, root, _ in heads(database)] == [
        (size, root_of(everything[:size])) for size in (100, 200, 300, 400, 500, 600, 700, 701)
    ]
    await ledger.checkpoints.advance(noor.workspace_id)
    assert len(heads(database)) == 8


async def test_two_processes_build_one_chain_of_checkpoints(
    ledger: Ledger, noor: Identity, opening: Opening, database: Database
) -> None:
    async with opening() as other:
        deals = [await a_deal(ledger, noor) for _ in range(4)]

        async def write(writer: Ledger, deal: str) -> None:
            for _ in range(25):
                await writer.append(noor, deal, [noted("One"), noted("Two")], opens=False)

        async def build(builder: Ledger) -> None:
            for _ in range(40):
                await builder.checkpoints.advance(noor.workspace_id)

        writers = [write(one, deal) for one, deal in zip([ledger, other] * 2, deals, strict=True)]
        await asyncio.gather(*writers, build(ledger), build(other), build(ledger), build(other))
        await other.checkpoints.advance(noor.workspace_id)
        await ledger.checkpoints.advance(noor.workspace_id)
    everything = leaves(database)
    assert len(everything) == 204
    found = heads(database)
    assert len(found) > 3
    assert [root for _, root, _ in found] == [root_of(everything[:size]) for size, _, _ in found]
    assert (await opened_head(ledger, noor.workspace_id)).streams_root == stream_tree(database)
    assert len(await ledger.checkpoints.keys.published(noor.workspace_id)) == 1


async def test_a_stale_builder_stores_nothing(ledger: Ledger, noor: Identity, database: Database) -> None:
    await a_deal(ledger, noor)
    await ledger.checkpoints.advance(noor.workspace_id)
    empty = "'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'"
    with psycopg.connect(database.app) as connection:
        for start, size in [(0, 1), (1, 1), (1, 2), (1, 0)]:
            sql = f"SELECT grow_tree(%s, {start}, {size}, '', {empty}, '', '', '', now())"
            assert connection.execute(sql, (noor.workspace_id,)).fetchone() == (False,)
    assert len(heads(database)) == 1


async def test_the_run_time_role_cannot_touch_what_was_signed(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    await a_deal(ledger, noor)
    await ledger.checkpoints.advance(noor.workspace_id)
    with psycopg.connect(database.app, autocommit=True) as connection:
        for table in ("tree", "tile", "tree_head", "stream_end", "stream_bucket", "log_key"):
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET workspace_id = workspace_id"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())


async def test_a_log_that_became_shorter_is_never_signed_for(
    ledger: Ledger, noor: Identity, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    deal = await a_deal(ledger, noor)
    await ledger.append(noor, deal, [noted("One"), noted("Two")], opens=False)
    await ledger.checkpoints.advance(noor.workspace_id)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("DELETE FROM event WHERE position = 2")
        connection.execute("UPDATE workspace SET next_position = 2")
    await ledger.checkpoints.advance(noor.workspace_id)
    assert "has 2 facts; 3 were signed for" in caplog.text
    assert [size for size, _, _ in heads(database)] == [3]


async def test_a_fact_changed_after_it_was_signed_stays_as_it_was_in_the_tree(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    deal = await a_deal(ledger, noor)
    await ledger.checkpoints.advance(noor.workspace_id)
    signed = leaves(database)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("UPDATE event SET leaf = sha256('x')")
    await ledger.append(noor, deal, [noted("One")] * 3, opens=False)
    await ledger.checkpoints.advance(noor.workspace_id)
    assert heads(database)[-1][1] == root_of(signed + leaves(database)[1:])


async def test_a_hole_in_the_log_is_never_signed_for(
    ledger: Ledger, noor: Identity, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    deal = await a_deal(ledger, noor)
    await ledger.append(noor, deal, [noted("One"), noted("Two")], opens=False)
    with psycopg.connect(database.superuser) as connection:
        connection.execute("DELETE FROM event WHERE position = 1")
    await ledger.checkpoints.advance(noor.workspace_id)
    assert "lacks facts between 0 and 3" in caplog.text
    assert heads(database) == []


async def test_a_new_key_signs_beside_the_old_one_until_that_is_retired(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    keys = ledger.checkpoints.keys
    deal = await a_deal(ledger, noor)
    await ledger.checkpoints.advance(noor.workspace_id)
    (old,) = await keys.published(noor.workspace_id)
    assert not await keys.retire(noor.workspace_id, 1)
    new = await keys.rotate(noor.workspace_id)
    assert new.generation == 2

    async def signers() -> list[str]:
        await ledger.append(noor, deal, [noted("One")], opens=False)
        await ledger.checkpoints.advance(noor.workspace_id)
        both = [VerifierKey.parse(old.key), VerifierKey.parse(new.key)]
        return [key.text for key in open_note(heads(database)[-1][2], both)[1]]

    assert await signers() == [old.key, new.key]
    assert await keys.retire(noor.workspace_id, 1)
    assert await signers() == [new.key]
    assert [key.retired_at is None for key in await keys.published(noor.workspace_id)] == [False, True]


async def test_the_builder_finds_what_other_processes_appended(
    ledger: Ledger, noor: Identity, opening: Opening, database: Database
) -> None:
    await a_deal(ledger, noor)
    async with opening() as other:
        running = asyncio.create_task(other.checkpoints.run())
        try:
            head = await other.checkpoints.covering(noor.workspace_id, 1)
        finally:
            running.cancel()
            await asyncio.wait([running])
    assert head.size == 1


async def test_nothing_is_signed_by_asking(ledger: Ledger, noor: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "WAIT_S", 0.1)
    await a_deal(ledger, noor)
    with pytest.raises(NotCheckpointed):
        await ledger.checkpoints.covering(noor.workspace_id, 1)
    assert await ledger.checkpoints.newest(noor.workspace_id) is None
    with pytest.raises(NotCheckpointed):
        await ledger.checkpoints.covering(uuid4(), 1)
