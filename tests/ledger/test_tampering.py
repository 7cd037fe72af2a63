"""Somebody with all power over the database changes the past; whoever kept a checkpoint finds out, and what it was."""

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.proof.flaws import CHANGED, CONTENT, MISSING, REWRITTEN, SHORTENED, FlawKind
from service.proof.leaf import leaf_of, leaf_text, part_digest
from tests.conftest import Database
from tests.ledger.bundles import bundle, checkpoint, flaw, sound
from tests.ledger.conftest import Opening, a_deal, note, noted
from tests.running import ROOT

pytestmark = pytest.mark.anyio

Connection = psycopg.Connection[tuple[Any, ...]]

TREE = ("tree", "tile", "tree_head", "stream_end", "stream_bucket")
# More than one tile: facts before this are in a full one, those after it in the open one.
FIRST, SECOND = 200, 70


# The envelope of a fact that happened a day earlier.
EARLIER = (
    "UPDATE event SET envelope = substr(envelope, 1, 16) || convert_to("
    "replace(convert_from(substr(envelope, 17), 'UTF8'), '2026-03-02', '2026-03-01'), 'UTF8') WHERE position = %s"
)


def change_an_envelope(db: Connection) -> None:
    """The envelope of a fact is changed."""
    db.execute(EARLIER, (5,))


def change_an_envelope_of_the_open_tile(db: Connection) -> None:
    """The envelope of one of the newest facts is changed."""
    db.execute(EARLIER, (265,))


def change_what_was_said(db: Connection) -> None:
    """Sealed words are changed."""
    db.execute("UPDATE event SET words = overlay(words PLACING 'x' FROM 20) WHERE position = 5")


def change_a_digest(db: Connection) -> None:
    """The digest of words is changed."""
    db.execute("UPDATE event SET words_digest = sha256('other words') WHERE position = 5")


def change_a_time(db: Connection) -> None:
    """When a fact was recorded is changed."""
    db.execute("UPDATE event SET recorded_at = recorded_at - interval '1 day' WHERE position = 5")


def delete_a_fact(db: Connection) -> None:
    """A fact is deleted."""
    db.execute("DELETE FROM event WHERE position = 5")


def insert_a_fact(db: Connection) -> None:
    """A fact is put in between others."""
    later = "(SELECT stream_id FROM event WHERE position = 4)"
    db.execute(f"UPDATE event SET version = version + 1000 WHERE version > 5 AND stream_id = {later}".encode())
    db.execute("UPDATE event SET version = version - 999 WHERE version > 1000")
    db.execute("UPDATE event SET position = position + 1000 WHERE position > 4")
    db.execute("UPDATE event SET position = position - 999 WHERE position > 1000")
    db.execute("UPDATE workspace SET next_position = next_position + 1")
    db.execute(
        "INSERT INTO event SELECT workspace_id, stream_id, 6, 5, gen_random_uuid(), type, recorded_at, envelope, NULL, "
        "NULL, NULL, structure_digest, words_digest, NULL, leaf FROM event WHERE position = 4"
    )


def swap_two_facts(db: Connection) -> None:
    """Two facts change places."""
    db.execute("UPDATE event SET position = 1005, version = 1005 WHERE position = 5")
    db.execute("UPDATE event SET position = 5, version = 6 WHERE position = 6")
    db.execute("UPDATE event SET position = 6, version = 7 WHERE position = 1005")


def cut_the_tail(db: Connection) -> None:
    """The newest facts are deleted, and all that counts them is set back."""
    db.execute("DELETE FROM event WHERE position >= 260")
    db.execute("UPDATE stream s SET version = (SELECT max(version) FROM event e WHERE e.stream_id = s.stream_id)")
    db.execute("UPDATE workspace SET next_position = 260")


def rewrite_with_new_leaves(db: Connection) -> None:
    """A fact is changed, and its leaf and all later leaves of the stream are computed anew, as the service would."""
    db.execute(EARLIER, (5,))
    rows = db.execute(
        "SELECT e.event_id, s.kind || '/' || e.stream_id, e.version, e.recorded_at, e.envelope, e.structure_digest, "
        "e.words_digest FROM event e JOIN stream s USING (workspace_id, stream_id) ORDER BY e.position"
    ).fetchall()
    last: dict[str, bytes] = {}
    for event_id, stream, version, recorded_at, envelope, structure, words in rows:
        text = leaf_text(stream, version, last.get(stream, b""), recorded_at, part_digest(envelope), structure, words)
        last[stream] = leaf_of(text)
        db.execute("UPDATE event SET leaf = %s WHERE event_id = %s", (last[stream], event_id))
    for stream, leaf in last.items():
        db.execute("UPDATE stream SET last_leaf = %s WHERE stream_id = %s", (leaf, stream.partition("/")[2]))


def forget_what_was_signed(db: Connection) -> None:
    for table in TREE:
        db.execute(f"DELETE FROM {table}".encode())


FIFTH = "fact 6 of {deal}, at position 5"


Row = tuple[Callable[[Connection], None], FlawKind, str]

FOUND: list[Row] = [
    (change_an_envelope, CHANGED, f"{FIFTH} is not the one in the log"),
    (change_an_envelope_of_the_open_tile, CHANGED, "at position 265 is not the one in the log"),
    (change_what_was_said, CHANGED, "the fact at position 5 is not the one in the log"),
    (change_a_digest, CONTENT, f"{FIFTH}: what is shown of its words is not what the digest was made of"),
    (change_a_time, CHANGED, f"{FIFTH} is not the one in the log"),
    (delete_a_fact, MISSING, "where position 5 belongs, there is position 6"),
    (insert_a_fact, CHANGED, "at position 5 is not the one in the log"),
    (swap_two_facts, CHANGED, f"{FIFTH} is not the one in the log"),
    (cut_the_tail, MISSING, "the log has 271 facts, and 260 are here"),
    (rewrite_with_new_leaves, CHANGED, f"{FIFTH} is not the one in the log"),
]
"""What is done to the tables, and what a bundle of the log then says."""

SIGNED_ANEW: list[Row] = [
    (change_an_envelope, REWRITTEN, "the first 271 facts are not those of the older checkpoint"),
    (rewrite_with_new_leaves, REWRITTEN, "the first 271 facts are not those of the older checkpoint"),
    (insert_a_fact, REWRITTEN, "the first 271 facts are not those of the older checkpoint"),
    (swap_two_facts, REWRITTEN, "the first 271 facts are not those of the older checkpoint"),
    (cut_the_tail, SHORTENED, "the log had 271 facts and has 260"),
]
"""What it says when leaves were computed anew and the service was made to sign them, against an older checkpoint."""


@pytest.mark.parametrize(("tamper", "kind", "said"), FOUND)
async def test_what_a_superuser_changes_is_found_and_named(
    tamper: Callable[[Connection], None],
    kind: FlawKind,
    said: str,
    ledger: Ledger,
    noor: Identity,
    opening: Opening,
    database: Database,
) -> None:
    deal, older = await a_history(ledger, noor)
    with tampering(database) as db:
        tamper(db)
    async with opening() as other:
        found, detail = flaw(await bundle(other, noor), older)
    assert (found, said.format(deal=deal) in detail) == (kind, True), detail


@pytest.mark.parametrize(("tamper", "kind", "said"), SIGNED_ANEW)
async def test_also_when_the_service_was_made_to_sign_it_anew(
    tamper: Callable[[Connection], None],
    kind: FlawKind,
    said: str,
    ledger: Ledger,
    noor: Identity,
    opening: Opening,
    database: Database,
) -> None:
    deal, older = await a_history(ledger, noor)
    with tampering(database) as db:
        tamper(db)
        if tamper is not cut_the_tail:
            rewrite_with_new_leaves(db)
        forget_what_was_signed(db)
    async with opening() as other:
        lines = await bundle(other, noor)
        assert flaw(lines, older) == (kind, said)
        if tamper is rewrite_with_new_leaves:
            assert sound(lines).size == 271  # nothing but the older checkpoint tells
            assert flaw(await bundle(other, noor, deal), older) == (kind, said)


@pytest.mark.parametrize(
    ("tamper", "kind", "said"),
    [
        (change_an_envelope, CHANGED, f"{FIFTH} is not the one in the log"),
        (change_a_digest, CONTENT, f"{FIFTH}: what is shown of its words is not what the digest was made of"),
        (delete_a_fact, MISSING, "where fact 6 of {deal} belongs, there is fact 7 of {deal}, at position 6"),
        (rewrite_with_new_leaves, CHANGED, f"{FIFTH} is not the one in the log"),
    ],
)
async def test_a_bundle_of_the_deal_alone_tells_it_too(
    tamper: Callable[[Connection], None],
    kind: FlawKind,
    said: str,
    ledger: Ledger,
    noor: Identity,
    database: Database,
) -> None:
    """The process has the stream in memory: what it exports is read anew, and shows what is stored."""
    deal, older = await a_history(ledger, noor)
    with tampering(database) as db:
        tamper(db)
    assert flaw(await bundle(ledger, noor, deal), older) == (kind, said.format(deal=deal))


async def test_a_sound_log_goes_on_after_all_that(ledger: Ledger, noor: Identity) -> None:
    deal, older = await a_history(ledger, noor)
    await note(ledger, noor, deal, "More")
    assert sound(await bundle(ledger, noor), older).size == 272
    assert sound(await bundle(ledger, noor, deal, since=271), older).size == 272


async def a_history(ledger: Ledger, noor: Identity) -> tuple[str, str]:
    """Two deals of some hundred facts, and the checkpoint that somebody kept of them."""
    deal = await a_deal(ledger, noor)
    for _ in range(FIRST // 100):
        await ledger.append(noor, deal, [noted("Said")] * 100, opens=False)
    other = await a_deal(ledger, noor)
    await ledger.append(noor, other, [noted("Said")] * (SECOND - 1), opens=False)
    older = await checkpoint(ledger, noor.workspace_id)
    assert sound(await bundle(ledger, noor), older).shown == FIRST + SECOND + 1
    return deal, older


def test_the_documentation_lists_what_was_tried_and_what_it_says() -> None:
    page = (ROOT / "docs" / "proving.md").read_text("utf-8")
    part = page[page.index("## What changing it looks like") :].partition("\n## ")[0]
    listed = re.findall(r"^\| (.+) \| (\d+) (\w+): (.+) \| (.*) \|$", part, flags=re.MULTILINE)
    anew = {tamper: f"{kind.exit_code} {kind.name}: {_told(said)}" for tamper, kind, said in SIGNED_ANEW}
    assert listed == [
        ((tamper.__doc__ or "").rstrip("."), str(kind.exit_code), kind.name, _told(said), anew.get(tamper, "not tried"))
        for tamper, kind, said in FOUND
    ]


def _told(said: str) -> str:
    return said.format(deal="deal/…")


def tampering(database: Database) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(database.superuser)
