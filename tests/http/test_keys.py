"""Keys and members that are made twice by a lost answer, and keys of programs that act for somebody."""

import threading
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.http.conftest import Person, World, client, noted, opened
from tests.http.test_members import added


@pytest.fixture
def named() -> dict[str, str]:
    """A name for one call."""
    return {"Idempotency-Key": f"a call of the tests {uuid4()}"}


def keys_of(owner: httpx.Client, party: str) -> list[dict[str, Any]]:
    return [one for one in owner.get("/v1/credentials").json()["items"] if one["party_id"] == party]


def facts(world: World) -> int:
    with psycopg.connect(world.database.superuser) as connection:
        row = connection.execute(
            "SELECT count(*) FROM event WHERE workspace_id = %s AND stream_id = %s", (world.here.id, world.here.id)
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_repeated_creation_makes_one_key_and_does_not_show_it_again(
    world: World, owner: httpx.Client, named: dict[str, str]
) -> None:
    party = added(owner)
    before = facts(world)
    wanted = {"party_id": party, "name": "laptop"}
    first, again = (owner.post("/v1/credentials", json=wanted, headers=named) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == {"key": None, "credential": first.json()["credential"]}
    assert len(keys_of(owner, party)) == 1
    assert facts(world) == before + 1
    with client(world, Person(uuid4(), first.json()["key"])) as http:
        assert http.get("/v1/me").status_code == 200, "the repeat took nothing away"


def test_the_repeat_is_known_after_the_role_changed_and_the_key_was_ended(
    owner: httpx.Client, named: dict[str, str]
) -> None:
    party = added(owner)
    wanted = {"party_id": party, "name": "laptop"}
    made = owner.post("/v1/credentials", json=wanted, headers=named).json()["credential"]
    owner.post(f"/v1/members/{party}/role", json={"role": "coach"})
    owner.delete(f"/v1/credentials/{made['credential_id']}")
    again = owner.post("/v1/credentials", json=wanted, headers=named)
    assert (again.status_code, again.json()["key"]) == (200, None)
    assert again.json()["credential"]["revoked_at"] is not None


@pytest.mark.parametrize(
    "changed", [{"name": "phone"}, {"kind": "agent"}, {"expires_at": "2037-01-01T00:00:00Z"}], ids=str
)
def test_the_same_name_for_another_key_is_refused(
    owner: httpx.Client, named: dict[str, str], changed: dict[str, str]
) -> None:
    wanted = {"party_id": added(owner), "name": "laptop"}
    assert owner.post("/v1/credentials", json=wanted, headers=named).status_code == 201
    other = owner.post("/v1/credentials", json={**wanted, **changed}, headers=named)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/event-id-reused")


def test_A3_a_name_is_of_one_party_in_one_workspace(
    owner: httpx.Client, stranger: httpx.Client, named: dict[str, str]
) -> None:
    for http in (owner, stranger):
        party = http.post("/v1/members", json={"name": "Ada", "role": "member"}, headers=named)
        assert party.status_code == 201
        wanted = {"party_id": party.json()["party_id"], "name": "laptop"}
        other = {"Idempotency-Key": named["Idempotency-Key"] + ", the key"}
        assert http.post("/v1/credentials", json=wanted, headers=other).status_code == 201
        assert http.post("/v1/credentials", json=wanted, headers=named).status_code == 422, "it names one call"


def test_many_at_once_with_one_name_make_one_key(world: World, owner: httpx.Client, named: dict[str, str]) -> None:
    party = added(owner)
    answers: list[httpx.Response] = []

    def make() -> None:
        with client(world, world.here.owner) as http:
            answers.append(http.post("/v1/credentials", json={"party_id": party, "name": "x"}, headers=named))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201], [one.text for one in answers]
    assert len(keys_of(owner, party)) == 1
    (shown,) = [answer.json()["key"] for answer in answers if answer.json()["key"]]
    with client(world, Person(uuid4(), shown)) as http:
        assert http.get("/v1/me").status_code == 200


def test_a_repeated_rotation_makes_one_key_and_ends_the_old_one_once(
    world: World, owner: httpx.Client, named: dict[str, str]
) -> None:
    party = added(owner)
    old = owner.post("/v1/credentials", json={"party_id": party, "name": "laptop"}).json()["credential"]
    before = facts(world)
    address = f"/v1/credentials/{old['credential_id']}/rotate"
    first, again = (owner.post(address, json={"overlap_s": 0}, headers=named) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["key"]) == (201, 200, None)
    assert again.json()["credential"]["credential_id"] == first.json()["credential"]["credential_id"]
    assert len(keys_of(owner, party)) == 2
    assert facts(world) == before + 2


def test_a_repeated_invitation_makes_one_key(owner: httpx.Client, named: dict[str, str]) -> None:
    buyer = str(uuid4())
    joins = {"type": "participant.joined", "data": {"party_id": buyer, "side": "buyer"}}
    deal = owner.post("/v1/deals", json={"facts": [opened(), joins]}).headers["Location"]
    wanted = {"party_id": buyer, "name": "guest"}
    first, again = (owner.post(f"{deal}/guests", json=wanted, headers=named) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()["key"]) == (201, 200, None)
    assert len(owner.get(f"{deal}/guests").json()["items"]) == 1
    elsewhere = owner.post("/v1/deals", json={"facts": [opened(), joins]}).headers["Location"]
    assert owner.post(f"{elsewhere}/guests", json=wanted, headers=named).status_code == 422


def test_a_repeated_addition_adds_one_member_and_answers_as_the_first_did(
    owner: httpx.Client, named: dict[str, str]
) -> None:
    wanted = {"name": "Ada", "role": "member"}
    first, again = (owner.post("/v1/members", json=wanted, headers=named) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json(), again.headers["Location"]) == (first.json(), first.headers["Location"])
    owner.delete(f"/v1/members/{first.json()['party_id']}")
    assert owner.post("/v1/members", json=wanted, headers=named).json() == first.json()
    other = owner.post("/v1/members", json={**wanted, "role": "owner"}, headers=named)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/event-id-reused")


def test_a_key_of_an_agent_says_so_of_the_actor_and_so_does_the_one_that_follows_it(
    world: World, owner: httpx.Client
) -> None:
    wanted = {"party_id": added(owner), "name": "listens in", "kind": "agent"}
    made = owner.post("/v1/credentials", json=wanted).json()
    assert made["credential"]["party_kind"] == "agent"
    turned = owner.post(f"/v1/credentials/{made['credential']['credential_id']}/rotate", json={}).json()
    for key in (made["key"], turned["key"]):
        with client(world, Person(uuid4(), key)) as agent:
            me = agent.get("/v1/me").json()
            assert (me["kind"], me["role"]) == ("agent", "member")
            deal = agent.post("/v1/deals", json=opened()).headers["Location"]
            fact = agent.post(f"{deal}/events", json=noted()).json()["events"][0]
            assert fact["actor"] == {"party_id": wanted["party_id"], "kind": "agent"}
            assert fact["attestation"] == "self", "who vouches for a fact is its party, whatever it writes with"


@pytest.mark.parametrize("kind", ["robot", "", 1])
def test_a_kind_that_is_none_is_refused(owner: httpx.Client, kind: Any) -> None:
    wanted = {"party_id": added(owner), "name": "x", "kind": kind}
    assert owner.post("/v1/credentials", json=wanted).status_code == 400
