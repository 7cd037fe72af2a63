"""Proofs read from stored tiles: right at every size, also of a log that is large."""

from statistics import median
from time import perf_counter
from uuid import uuid4

import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.proof.checkpoint import Checkpoint
from service.proof.merkle import is_consistent, root_by_inclusion, root_of
from service.proof.streams import entry_of, key_of, root_by_path
from tests.conftest import Database
from tests.ledger.conftest import a_deal, noted
from tests.ledger.test_checkpoints import leaves, opened_head

pytestmark = pytest.mark.anyio

# What a proof may cost in a log of a million facts.
PROOF_MS_MAX = 20


async def test_proofs_of_all_sizes_while_the_log_grows(ledger: Ledger, noor: Identity, database: Database) -> None:
    deal = await a_deal(ledger, noor)
    for facts in (1, 97, 160, 254, 255, 256, 40):
        for start in range(0, facts, 100):
            await ledger.append(noor, deal, [noted("One")] * min(100, facts - start), opens=False)
        await ledger.checkpoints.advance(noor.workspace_id)
        everything = leaves(database)
        size = len(everything)
        tree = ledger.proofs.tree(noor.workspace_id)
        assert await tree.root(size) == root_of(everything)
        for signed in {1, size // 3 + 1, size - 1, size, size & ~255 or 1}:
            root = root_of(everything[:signed])
            for position in {0, signed // 2, signed - 1}:
                proof = await tree.inclusion(position, signed)
                assert proof.leaf == everything[position]
                assert root_by_inclusion(position, signed, proof.leaf, proof.path) == root
            path = await tree.consistency(signed, size)
            assert is_consistent(signed, size, root, root_of(everything), path)


async def test_the_end_of_each_stream_is_proven(ledger: Ledger, noor: Identity) -> None:
    deals = [await a_deal(ledger, noor) for _ in range(5)]
    await ledger.append(noor, deals[3], [noted("One")] * 7, opens=False)
    await ledger.checkpoints.advance(noor.workspace_id)
    checkpoint = await opened_head(ledger, noor.workspace_id)
    for deal in deals:
        end = await ledger.proofs.stream_end(noor.workspace_id, deal)
        assert end.version == (8 if deal == deals[3] else 1)
        entry = entry_of(deal, end.version, end.last_leaf)
        assert root_by_path(key_of(deal), entry, end.path) == checkpoint.streams_root


@pytest.mark.slow
async def test_a_million_facts(ledger: Ledger, noor: Identity, database: Database) -> None:
    """A hundred thousand streams of ten facts: what proofs cost, and what a checkpoint of a few new facts costs."""
    count, streams = 1_000_000, 100_000
    with psycopg.connect(database.superuser) as connection:
        connection.execute(
            "INSERT INTO event (workspace_id, stream_id, version, position, event_id, type, recorded_at, envelope, "
            "structure_digest, leaf) SELECT %s, md5((i %% %s)::text)::uuid, i / %s + 1, i, md5('e' || i)::uuid, 'x', "
            "now(), '', '', sha256(i::text::bytea) FROM generate_series(0, %s) i",
            (noor.workspace_id, streams, streams, count - 1),
        )
        connection.execute(
            "INSERT INTO stream (workspace_id, stream_id, kind, version, last_leaf) "
            "SELECT %s, md5(i::text)::uuid, 'opaque', 10, '' FROM generate_series(0, %s) i",
            (noor.workspace_id, streams - 1),
        )
        connection.execute("UPDATE workspace SET next_position = %s", (count,))
    began = perf_counter()
    await ledger.checkpoints.advance(noor.workspace_id)
    built_s = perf_counter() - began
    head = await ledger.checkpoints.newest(noor.workspace_id)
    assert head is not None
    root = Checkpoint.parse(head.note.partition("\n\n")[0] + "\n").root
    took: dict[str, list[float]] = {"inclusion": [], "consistency": [], "stream end": [], "checkpoint": []}
    for turn in range(50):
        position = turn * 19_997 + 11
        began = perf_counter()
        proof = await ledger.proofs.tree(noor.workspace_id).inclusion(position, count)
        took["inclusion"].append(perf_counter() - began)
        assert root_by_inclusion(position, count, proof.leaf, proof.path) == root
        began = perf_counter()
        await ledger.proofs.tree(noor.workspace_id).consistency(position, count)
        took["consistency"].append(perf_counter() - began)
    deal = f"deal/{uuid4()}"
    for turn in range(20):
        if turn:
            await ledger.append(noor, deal, [noted("One")], opens=False)
        else:
            deal = await a_deal(ledger, noor)
        began = perf_counter()
        await ledger.checkpoints.advance(noor.workspace_id)
        took["checkpoint"].append(perf_counter() - began)
        began = perf_counter()
        await ledger.proofs.stream_end(noor.workspace_id, deal)
        took["stream end"].append(perf_counter() - began)
    medians = {name: 1000 * median(times) for name, times in took.items()}
    print(f"built in {built_s:.1f} s; ms:", {name: round(ms, 1) for name, ms in medians.items()})  # noqa: T201  # for -s
    assert medians["inclusion"] < PROOF_MS_MAX
    assert medians["consistency"] < PROOF_MS_MAX
