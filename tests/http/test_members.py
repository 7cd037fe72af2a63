"""Members and keys over HTTP: who may, what takes effect when, and that a secret is shown once."""

import asyncio
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from domain.events.declaring import Data
from domain.events.workspace import MemberLeft
from service.ledger.ledger import Ledger
from service.ledger.members import record
from tests.http.conftest import MASTER_KEY, Person, World, client


def added(owner: httpx.Client, role: str = "member", **more: Any) -> str:
    answer = owner.post("/v1/members", json={"name": "Ada", "role": role, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/v1/members/{answer.json()['party_id']}"
    return str(answer.json()["party_id"])


def keyed(owner: httpx.Client, party: str, **more: Any) -> dict[str, Any]:
    answer = owner.post("/v1/credentials", json={"party_id": party, "name": "laptop", **more})
    assert answer.status_code == 201, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture
def ada(world: World, owner: httpx.Client) -> Iterator[httpx.Client]:
    """A member of one test's own."""
    party = added(owner)
    with client(world, Person(uuid4(), keyed(owner, party)["key"])) as http:
        yield http


def test_a_member_is_added_gets_a_key_another_role_and_goes(world: World, owner: httpx.Client) -> None:
    party = added(owner)
    made = keyed(owner, party)
    with client(world, Person(uuid4(), made["key"])) as ada:
        assert (ada.get("/v1/me").json()["role"], ada.get("/v1/me").json()["party_id"]) == ("member", party)
        changed = owner.post(f"/v1/members/{party}/role", json={"role": "auditor"})
        assert (changed.status_code, changed.json()["role"]) == (200, "auditor")
        assert ada.get("/v1/me").json()["role"] == "auditor"
        removed = owner.delete(f"/v1/members/{party}", params={"reason": "Changed employer"})
        assert removed.json() == {"party_id": party, "revoked": [made["credential"]["credential_id"]]}
        assert ada.get("/v1/me").status_code == 401
    assert owner.get(f"/v1/members/{party}").status_code == 404


def test_who_left_can_be_removed_again_only_while_keys_are_left_over(world: World, owner: httpx.Client) -> None:
    """The process that removes a member may die between the record of it and the rows of the keys."""
    party, other = added(owner), added(owner)
    left_over, others = (keyed(owner, one)["credential"]["credential_id"] for one in (party, other))
    asyncio.run(only_recorded(world, MemberLeft(party_id=UUID(party))))
    assert owner.get(f"/v1/members/{party}").status_code == 404
    again = owner.delete(f"/v1/members/{party}")
    assert (again.status_code, again.json()) == (200, {"party_id": party, "revoked": [left_over]})
    listed = {one["credential_id"]: one["revoked_at"] for one in owner.get("/v1/credentials").json()["items"]}
    assert listed[left_over] is not None
    assert listed[others] is None
    for nobody_now in (party, str(uuid4())):
        assert owner.delete(f"/v1/members/{nobody_now}").status_code == 404


async def only_recorded(world: World, data: Data) -> None:
    async with Ledger.open(world.database.app, MASTER_KEY, world.settings) as ledger:
        await record(ledger, world.here.id, [data])


def test_who_was_a_member_when_can_be_asked(owner: httpx.Client) -> None:
    party = added(owner)
    before = owner.get("/v1/members").json()["known_at"]
    owner.delete(f"/v1/members/{party}")
    assert party in owner.get("/v1/members", params={"known_at": before}).text
    assert party not in owner.get("/v1/members").text


def test_members_are_paged(owner: httpx.Client) -> None:
    everybody = [one["party_id"] for one in owner.get("/v1/members").json()["items"]]
    assert len(everybody) >= 4
    address, seen = "/v1/members?limit=2", []
    while address:
        page = owner.get(address).json()
        seen += [one["party_id"] for one in page["items"]]
        address = page["next"]
    assert seen == sorted(everybody)


def test_the_last_owner_is_neither_removed_nor_demoted(world: World, stranger: httpx.Client) -> None:
    me = f"/v1/members/{world.elsewhere.owner.party_id}"
    for answer in (stranger.delete(me), stranger.post(f"{me}/role", json={"role": "member"})):
        assert answer.status_code == 409
        assert answer.json()["type"] == "/problems/last-owner"
    assert stranger.get("/v1/me").json()["role"] == "owner"


def test_a_key_is_for_a_member(owner: httpx.Client) -> None:
    answer = owner.post("/v1/credentials", json={"party_id": str(uuid4()), "name": "nobody's"})
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-a-member")


def test_a_secret_is_shown_once_and_is_in_no_list_no_log_and_no_table(
    world: World, owner: httpx.Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    made = keyed(owner, added(owner))
    secret = made["key"].rpartition("_")[2]
    listed = owner.get("/v1/credentials").text
    assert made["credential"]["credential_id"] in listed
    assert secret not in listed
    assert secret not in caplog.text + capfd.readouterr().err
    with psycopg.connect(world.database.owner) as connection:
        for table in ("event", "credential"):
            for (row,) in connection.execute(f"SELECT t::text FROM {table} t").fetchall():
                assert secret not in row
                assert secret.encode().hex() not in row


def test_a_rotated_key_overlaps_with_the_new_one_and_then_ends(world: World, owner: httpx.Client) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    old = keyed(owner, added(owner), expires_at=until.isoformat())
    address = f"/v1/credentials/{old['credential']['credential_id']}/rotate"
    new = owner.post(address, json={"overlap_s": 60}).json()
    assert new["credential"]["party_id"] == old["credential"]["party_id"]
    assert new["credential"]["expires_at"] == old["credential"]["expires_at"], "rotating prolongs nothing"
    newer = owner.post(address, json={"overlap_s": 0}).json()
    for key, status in ((old, 401), (new, 200), (newer, 200)):
        with client(world, Person(uuid4(), key["key"])) as http:
            assert http.get("/v1/me").status_code == status
    assert owner.post(address, json={}).status_code == 404


def test_everybody_rotates_their_own_key(ada: httpx.Client, world: World) -> None:
    made = ada.post("/v1/me/rotate", json={}).json()
    assert ada.get("/v1/me").json()["expires_at"] is not None
    with client(world, Person(uuid4(), made["key"])) as again:
        assert again.get("/v1/me").json()["party_id"] == ada.get("/v1/me").json()["party_id"]


def test_a_key_ends_when_it_was_told_to_and_is_never_prolonged(world: World, owner: httpx.Client) -> None:
    made = keyed(owner, added(owner))
    address = f"/v1/credentials/{made['credential']['credential_id']}/expire"
    soon = "2037-01-01T00:00:00Z"
    assert owner.post(address, json={"at": soon}).json()["expires_at"] == soon
    assert owner.post(address, json={"at": "2038-01-01T00:00:00Z"}).json()["expires_at"] == soon
    assert owner.post(address, json={"at": "2026-01-01T00:00:00Z"}).status_code == 200
    with client(world, Person(uuid4(), made["key"])) as http:
        assert http.get("/v1/me").status_code == 401


def test_a_revoked_key_is_listed_as_revoked_and_not_revoked_twice(owner: httpx.Client) -> None:
    made = keyed(owner, added(owner))
    address = f"/v1/credentials/{made['credential']['credential_id']}"
    assert owner.delete(address).json()["revoked_at"] is not None
    assert owner.delete(address).status_code == 404


def test_that_a_key_was_used_is_noted_once_a_minute(owner: httpx.Client, world: World) -> None:
    made = keyed(owner, added(owner))
    assert made["credential"]["last_used_at"] is None
    with client(world, Person(uuid4(), made["key"])) as http:
        noted = []
        for _ in range(2):
            http.get("/v1/me")
            listed = owner.get("/v1/credentials", params={"limit": 5}).json()["items"]
            noted += [
                one["last_used_at"] for one in listed if one["credential_id"] == made["credential"]["credential_id"]
            ]
            time.sleep(1.05)  # the key is looked up anew
    assert noted[0] is not None
    assert noted == [noted[0]] * 2


def test_every_change_is_on_the_workspace_s_record_with_who_made_it(world: World, owner: httpx.Client) -> None:
    def facts() -> int:
        with psycopg.connect(world.database.superuser) as connection:
            row = connection.execute(
                "SELECT count(*) FROM event WHERE workspace_id = %s AND stream_id = %s", (world.here.id, world.here.id)
            ).fetchone()
        assert row is not None
        return int(row[0])

    before = facts()
    party = added(owner)
    made = keyed(owner, party)
    owner.post(f"/v1/credentials/{made['credential']['credential_id']}/rotate", json={})
    owner.post(f"/v1/members/{party}/role", json={"role": "coach"})
    owner.delete(f"/v1/members/{party}")
    # joined, issued, issued and ending, role, left, two revoked
    assert facts() - before == 8


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/members", {"name": "Ada", "role": "guest"}),
        ("/v1/members", {"name": "Ada", "role": "owner", "admin": True}),
        ("/v1/credentials", {"party_id": str(uuid4()), "name": "x", "role": "owner"}),
        ("/v1/credentials", {"party_id": str(uuid4()), "name": "x", "expires_at": "2030-01-01T00:00:00"}),
        ("/v1/me/rotate", {"overlap_s": 10**9}),
    ],
)
def test_what_does_not_fit_is_refused(owner: httpx.Client, path: str, body: dict[str, Any]) -> None:
    assert owner.post(path, json=body).status_code == 400
