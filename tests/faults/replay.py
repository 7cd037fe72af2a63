"""The derived rows, computed anew from the facts in a ledger that was just opened, and held against the stored ones."""

import asyncio
import base64
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from domain.facts import stream_key
from domain.stream import Stream
from projections.list_row import Card, ListRow, card, list_row
from projections.participations import participations
from service.ledger.ledger import Ledger
from service.ledger.listing import card_place, is_public, name_place, public_fold_of, read_card
from service.ledger.memory import Kept
from service.ledger.sealing import unseal_row
from service.ledger.workspace import Workspace
from service.masterkey import MasterKey
from service.settings import read_settings
from tests.faults.history import as_owner

Row = dict[str, Any]


def assert_rows_equal_a_replay(dsn: str, key: MasterKey) -> int:
    """Compare every row of `stream` and `participation` with a replay; how many streams that were."""
    return asyncio.run(_compared(dsn, key))


def master_key(data: Path) -> MasterKey:
    """The key that a service with its own PostgreSQL has made in its data folder."""
    return MasterKey(base64.b64decode((data / "master.key").read_text()))


async def _compared(dsn: str, key: MasterKey) -> int:
    with psycopg.connect(as_owner(dsn), row_factory=dict_row, options="-c timezone=UTC") as connection:
        streams = connection.execute("SELECT * FROM stream").fetchall()
        people = connection.execute("SELECT * FROM participation ORDER BY joined_at, party_id").fetchall()
        facts = connection.execute("SELECT count(*) AS number FROM event").fetchall()[0]["number"]
    assert sum(row["version"] for row in streams) == facts, "versions and facts differ in number"
    async with Ledger.open(dsn, key, read_settings({})) as ledger:
        for row in streams:
            workspace = ledger._workspaces.known(row["workspace_id"])
            kept = (await workspace.load([row["stream_id"]]))[row["stream_id"]]
            assert isinstance(kept, Kept)
            _same_list_row(ledger, workspace, kept, row)
            await workspace.keys.know([one["name_key"] for one in people if one["name_key"]])
            _same_people(workspace, kept, [one for one in people if one["stream_id"] == row["stream_id"]])
    return len(streams)


def _same_list_row(ledger: Ledger, workspace: Workspace, kept: Kept, row: Row) -> None:
    fold = _public(kept)
    replayed = list_row(fold)
    where = stream_key(row["kind"], row["stream_id"])
    assert row["version"] == kept.version == kept.stream.version, f"{where} has another version"
    assert row["updated_at"] == kept.records[-1].recorded_at, f"{where} was updated at another time"
    for column in ListRow.__struct_fields__:
        assert row[column] == getattr(replayed, column), f"{column} of {where} is another"
    words = card(fold)
    assert _card(workspace, row) == words, f"the card of {where} is another"
    tag = None if words.customer is None else ledger._list_rows.customer_tag(row["workspace_id"], words.customer)
    assert row["customer_tag"] == tag, f"the customer's tag of {where} is another"


def _public(kept: Kept) -> Stream:
    return kept.stream if is_public(kept.stream) else public_fold_of(kept.stream)


def _card(workspace: Workspace, row: Row) -> Card:
    cipher = workspace.keys.get(row["stream_id"])
    return read_card(unseal_row(cipher, card_place(row["workspace_id"], row["stream_id"]), row["card"]))


def _same_people(workspace: Workspace, kept: Kept, rows: list[Row]) -> None:
    replayed = {one.party_id: one for one in participations(_public(kept))}
    where = kept.stream.stream_id
    assert {row["party_id"] for row in rows} == replayed.keys(), f"others take part in {where}"
    for row in rows:
        one = replayed[row["party_id"]]
        for column in ("side", "joined_at", "left_at", "owes", "owed"):
            assert row[column] == getattr(one, column), f"{column} of {row['party_id']} on {where} is another"
        assert tuple(row["roles"]) == one.roles
        assert _name(workspace, row) == one.name, f"the name of {row['party_id']} on {where} is another"


def _name(workspace: Workspace, row: Row) -> str | None:
    key: UUID | None = row["name_key"]
    cipher = None if key is None else workspace.keys.get(key)
    name = unseal_row(cipher, name_place(workspace.workspace_id, row["party_id"]), row["name"])
    return None if name is None else name.decode()
