"""Keys: what opens, what does not, and that each issue and revocation is on record."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from service.clock import Clock
from service.ledger import members
from service.ledger.credentials import CREDENTIAL_TRUSTED_S, Credentials
from service.ledger.ledger import Ledger
from service.ledger.refusals import Absent, NoSuchKey
from service.ledger.tokens import new_token, read_token
from tests.conftest import Database
from tests.ledger.conftest import Opening

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "tl_",
        "Bearer tl_x",
        "tl_" + "0" * 64 + "_" + "A" * 43,
        "tl_" + "0" * 64 + "_" + "A" * 42,
        "é" * 100,
        "tl_\x00",
    ],
)
async def test_what_is_no_key_opens_nothing(ledger: Ledger, shown: str) -> None:
    with pytest.raises(NoSuchKey):
        await ledger.identify(shown)


async def test_a_key_with_another_secret_opens_nothing(ledger: Ledger) -> None:
    _, shown = await members.create_workspace(ledger, "Depot deals")
    token = read_token(shown)
    assert token is not None
    forged = new_token(token.workspace_id, token.credential_id)
    with pytest.raises(NoSuchKey):
        await ledger.identify(forged.shown)
    assert (await ledger.identify(shown)).caller.role == "owner"


async def test_a_revoked_key_opens_nothing_at_once(ledger: Ledger) -> None:
    workspace_id, owner = await members.create_workspace(ledger, "Depot deals")
    shown = await members.issue_key(ledger, workspace_id, role="member", name="Ada")
    identity = await ledger.identify(shown)
    assert await members.revoke_key(ledger, workspace_id, identity.credential_id, "Lost phone")
    with pytest.raises(NoSuchKey):
        await ledger.identify(shown)
    assert not await members.revoke_key(ledger, workspace_id, identity.credential_id, None)
    stream = await ledger.history(await ledger.identify(owner), f"workspace/{workspace_id}")
    assert [record.fact.type for record in stream.records] == [
        "member.joined",
        "credential.issued",
        "member.joined",
        "credential.issued",
        "credential.revoked",
    ]
    assert all(record.fact.attestation == "system" for record in stream.records)


async def test_a_revocation_through_another_process_is_noticed_soon(ledger: Ledger, opening: Opening) -> None:
    workspace_id, _ = await members.create_workspace(ledger, "Depot deals")
    shown = await members.issue_key(ledger, workspace_id, role="member", name="Ada")
    async with opening() as other:
        moment = [0.0]
        other.credentials = Credentials(other._store, Clock(), lambda: moment[0])
        identity = await other.identify(shown)
        await members.revoke_key(ledger, workspace_id, identity.credential_id, None)
        moment[0] = CREDENTIAL_TRUSTED_S + 0.01
        with pytest.raises(NoSuchKey):
            await other.identify(shown)


async def test_whoever_asks_for_the_same_key_at_once_shares_one_look(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, shown = await members.create_workspace(ledger, "Depot deals")
    looks = 0
    read = ledger.credentials._store.read

    async def counted(sql: str, parameters: Any) -> Any:
        nonlocal looks
        looks += 1
        return await read(sql, parameters)

    monkeypatch.setattr(ledger.credentials._store, "read", counted)
    found = await asyncio.gather(*(ledger.identify(shown) for _ in range(32)))
    assert len(set(map(id, found))) == looks == 1
    with pytest.raises(NoSuchKey):
        await asyncio.gather(*(ledger.identify(shown[:-1] + ("A" if shown[-1] != "A" else "B")) for _ in range(32)))


async def test_a_look_from_before_a_revocation_lets_nobody_in_after_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace_id, _ = await members.create_workspace(ledger, "Depot deals")
    shown = await members.issue_key(ledger, workspace_id, role="member", name="Ada")
    identity = await ledger.identify(shown)
    ledger.credentials.forget(workspace_id)
    read, reached, passed = ledger.credentials._store.read, asyncio.Event(), asyncio.Event()

    async def held_up(sql: str, parameters: Any) -> Any:
        rows = await read(sql, parameters)
        reached.set()
        await passed.wait()
        return rows

    monkeypatch.setattr(ledger.credentials._store, "read", held_up)
    before = asyncio.create_task(ledger.identify(shown))
    await reached.wait()
    monkeypatch.undo()
    await members.revoke_key(ledger, workspace_id, identity.credential_id, None)
    with pytest.raises(NoSuchKey):
        await ledger.identify(shown)
    passed.set()
    assert await before == identity, "it was asked before"
    with pytest.raises(NoSuchKey):
        await ledger.identify(shown)


async def test_an_expired_key_opens_nothing(ledger: Ledger) -> None:
    workspace_id, _ = await members.create_workspace(ledger, "Depot deals")
    soon = datetime.now(UTC) - timedelta(seconds=1)
    shown = await members.issue_key(ledger, workspace_id, role="member", name="Ada", expires_at=soon)
    with pytest.raises(NoSuchKey):
        await ledger.identify(shown)


async def test_the_secret_is_nowhere_in_the_database(ledger: Ledger, database: Database) -> None:
    _, shown = await members.create_workspace(ledger, "Depot deals")
    token = read_token(shown)
    assert token is not None
    assert token.secret not in repr(token)
    with psycopg.connect(database.owner) as connection:
        for table in ("event", "credential"):
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t").fetchall():
                assert token.secret not in row
                assert token.secret.encode().hex() not in row


async def test_a_member_does_not_read_the_workspace_s_own_stream(ledger: Ledger) -> None:
    workspace_id, _ = await members.create_workspace(ledger, "Depot deals")
    shown = await members.issue_key(ledger, workspace_id, role="member", name="Ada")
    with pytest.raises(Absent):
        await ledger.history(await ledger.identify(shown), f"workspace/{workspace_id}")
