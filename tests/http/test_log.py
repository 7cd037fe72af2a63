"""The log's proof over HTTP: a client that knows only the keys checks what it is given."""

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.proof.checkpoint import Checkpoint
from service.proof.merkle import is_consistent, root_by_inclusion, root_of
from service.proof.note import VerifierKey, open_note
from service.proof.streams import entry_of, key_of, root_by_path
from service.proof.tiles import split
from tests.http.conftest import World, a_deal, client, noted

CHECKPOINT_DEADLINE_S = 20
PATHS = ("/v1/log/checkpoint", "/v1/log/keys", "/v1/log/proof/inclusion?position=0", "/v1/log/tile/0/000")


def checkpoint_of(http: httpx.Client, size: int = 1) -> Checkpoint:
    """The newest checkpoint once it covers `size` facts, opened with the published keys."""
    end = time.monotonic() + CHECKPOINT_DEADLINE_S
    while time.monotonic() < end:
        answer = http.get("/v1/log/checkpoint")
        if answer.status_code == 200 and int(answer.text.split("\n")[1]) >= size:
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            keys = [VerifierKey.parse(key["key"]) for key in http.get("/v1/log/keys").json()["keys"]]
            return Checkpoint.parse(open_note(answer.text, keys)[0])
        assert answer.status_code in (200, 503)
        time.sleep(0.05)
    raise AssertionError(f"no checkpoint of {size} facts")


def position_of(http: httpx.Client, deal: str) -> int:
    """The position of the deal's last fact."""
    position: int = http.get(f"{deal}/events").json()["events"][-1]["position"]
    return position


def hashes(path: list[str]) -> list[bytes]:
    return [bytes.fromhex(one) for one in path]


@pytest.mark.parametrize("path", PATHS)
def test_without_a_key_nothing_is_proven(nobody: httpx.Client, path: str) -> None:
    assert nobody.get(path).status_code == 401


def test_another_workspace_has_another_log(member: httpx.Client, stranger: httpx.Client) -> None:
    deal = a_deal(member)
    ours = checkpoint_of(member, position_of(member, deal) + 1)
    theirs = checkpoint_of(stranger)
    assert ours.origin != theirs.origin
    assert stranger.get(f"{deal}/proof").status_code == 404
    assert stranger.get(f"/v1/log/proof/inclusion?position={ours.size - 1}").status_code == 404
    assert {key["key"] for key in member.get("/v1/log/keys").json()["keys"]}.isdisjoint(
        key["key"] for key in stranger.get("/v1/log/keys").json()["keys"]
    )


def test_a_fact_is_proven_in_every_later_log(member: httpx.Client) -> None:
    position = position_of(member, a_deal(member))
    first = checkpoint_of(member, position + 1)
    a_deal(member, noted(), noted())
    second = checkpoint_of(member, first.size + 3)
    for checkpoint in (first, second):
        proof: Any = member.get(f"/v1/log/proof/inclusion?position={position}&size={checkpoint.size}").json()
        leaf = bytes.fromhex(proof["leaf"])
        assert root_by_inclusion(position, checkpoint.size, leaf, hashes(proof["path"])) == checkpoint.root
    grown: Any = member.get(f"/v1/log/proof/consistency?from={first.size}&to={second.size}").json()
    assert is_consistent(first.size, second.size, first.root, second.root, hashes(grown["path"]))


def test_the_tiles_give_the_signed_root(member: httpx.Client) -> None:
    checkpoint = checkpoint_of(member)
    leaves: list[bytes] = []
    for number in range(checkpoint.size // 256):
        answer = member.get(f"/v1/log/tile/0/{number:03}")
        assert answer.headers["Content-Type"] == "application/octet-stream"
        leaves += split(answer.content)
    if width := checkpoint.size % 256:
        leaves += split(member.get(f"/v1/log/tile/0/{checkpoint.size // 256:03}.p/{width}").content)
    assert root_of(leaves) == checkpoint.root


def test_the_end_of_a_deal_is_proven(member: httpx.Client) -> None:
    deal = a_deal(member, noted(), noted())
    checkpoint_of(member, position_of(member, deal) + 1)
    proof: Any = member.get(f"{deal}/proof").json()
    assert proof["version"] == 3
    keys = [VerifierKey.parse(key["key"]) for key in member.get("/v1/log/keys").json()["keys"]]
    checkpoint = Checkpoint.parse(open_note(proof["checkpoint"], keys)[0])
    name = "deal/" + deal.rpartition("/")[2]
    assert proof["stream_id"] == name
    entry = entry_of(name, 3, bytes.fromhex(proof["last_leaf"]))
    assert root_by_path(key_of(name), entry, hashes(proof["path"])) == checkpoint.streams_root


def test_the_end_of_somebody_elses_goal_is_not_told(world: World, member: httpx.Client, owner: httpx.Client) -> None:
    goal = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    path = goal.headers["Location"] + "/proof"
    assert owner.get(path).status_code == 404
    assert owner.get(path).content == owner.get(f"/v1/goals/{uuid4()}/proof").content


@pytest.mark.parametrize(
    "path",
    [
        "inclusion?position=9007199254740991",
        "inclusion?position=0&size=9007199254740991",
        "inclusion?position=1&size=1",
        "consistency?from=9007199254740991",
        "consistency?from=0&to=9007199254740991",
    ],
)
def test_what_is_not_signed_for_is_not_found(member: httpx.Client, path: str) -> None:
    checkpoint_of(member)
    assert member.get(f"/v1/log/proof/{path}").status_code == 404


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("inclusion", "position"),
        ("inclusion?position=-1", "position"),
        ("inclusion?position=0&sise=1", "sise"),
        ("consistency?from=2&to=1", "from"),
        ("consistency", "from"),
        ("consistency?to=1", "from"),
    ],
)
def test_malformed_questions_are_refused(member: httpx.Client, path: str, parameter: str) -> None:
    checkpoint_of(member)
    answer = member.get(f"/v1/log/proof/{path}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter
    assert answer.json()["accepted"]


def test_a_missing_parameter_is_named(member: httpx.Client) -> None:
    problem = member.get("/v1/log/proof/inclusion").json()
    assert problem["detail"] == "The parameter `position` is missing."
    assert problem["accepted"] == "a query string with `position`"


@pytest.mark.parametrize(
    "place",
    [
        "7/000",
        "00/000",
        "0/0",
        "0/x000",
        "0/000.p/0",
        "0/000.p/256",
        "0/999",
        "0/x001/x001/x001/x001/000",
        "0/٠٠٠",
        "0/a",
    ],
)
def test_what_is_no_tile_is_not_found(member: httpx.Client, place: str) -> None:
    checkpoint_of(member)
    assert member.get(f"/v1/log/tile/{place}").status_code == 404


def test_a_guest_may_check_what_they_are_shown(world: World) -> None:
    with client(world, world.here.guest) as http:
        assert checkpoint_of(http).size > 0
