"""The auditor: reads and exports everything that may be shared, writes nothing, and gets the rest as sealed leaves."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.http.operations import Operation, operation_of
from service.http.roles import may_call
from service.http.routes import ROUTES
from service.proof.note import VerifierKey
from service.proof.verifying import verify
from tests.http.conftest import World, a_deal, client, fact, noted
from tests.http.test_log import checkpoint_of

PARAMETER = re.compile(r"\{(\w+):str\}")
CHANGING: list[Operation] = [
    found for route in ROUTES if (found := operation_of(route)) is not None and found.method != "GET"
]
# What an auditor may call besides questions: none of these puts anything into the log but the auditor's own new key.
MAY = {"rotate_mine", "issue_ticket", "list_missing"}


@pytest.fixture
def auditor(world: World) -> Iterator[httpx.Client]:
    with client(world, world.here.auditor) as http:
        yield http


def bundle(http: httpx.Client, path: str) -> list[dict[str, Any]]:
    """The lines of an export that is sound, under keys that were known before."""
    keys = [VerifierKey.parse(key["key"]) for key in http.get("/v1/log/keys").json()["keys"]]
    answer = http.get(path)
    assert answer.status_code == 200, answer.text
    verify(iter(answer.content.splitlines(keepends=True)), keys)
    return [json.loads(line) for line in answer.content.splitlines()]


def test_an_auditor_reads_what_the_team_sees_and_the_workspaces_own_record(
    member: httpx.Client, auditor: httpx.Client
) -> None:
    deal = a_deal(member, noted("For the team"))
    checkpoint_of(member)
    for part in ("", "/events", "/timeline", "/replay", "/audit", "/trust", "/difference?against_known_at=0"):
        assert auditor.get(deal + part).status_code == 200, part
    assert auditor.get("/v1/audit").status_code == 200
    assert auditor.get("/v1/members").status_code == 200
    assert "For the team" in auditor.get(f"{deal}/events").text


def size_of(http: httpx.Client) -> int:
    """The number of facts in the log."""
    return int(http.get("/v1/deals?limit=1").headers["Throughline-Position"])


def test_an_auditor_writes_nothing(world: World, member: httpx.Client, auditor: httpx.Client) -> None:
    stream = a_deal(member).rpartition("/")[2]
    before = size_of(member)
    allowed = {operation.id for operation in CHANGING if not operation.public and may_call("auditor", operation)}
    for operation in CHANGING:
        if operation.public or operation.id in allowed:
            continue
        path = PARAMETER.sub(lambda found: stream if found[1] == "stream_id" else str(uuid4()), operation.path)
        refused = auditor.request(operation.method, path, json=noted())
        assert (refused.status_code, refused.json()["type"]) == (403, "/problems/role-forbids"), operation.id
    assert size_of(member) == before
    assert {operation.permission for operation in CHANGING if operation.id in allowed} == {"read"}
    assert allowed <= MAY, "does it write? Then it is not for auditors"


def test_an_auditor_exports_what_may_be_shared_and_the_rest_as_sealed_leaves(
    member: httpx.Client, auditor: httpx.Client
) -> None:
    deal = a_deal(member, noted("For the team"), {**noted("For me alone"), "visibility": "private"})
    goal = {**fact("goal.set", statement="Sleep through the night", horizon="short"), "visibility": "private"}
    opened = member.post("/v1/goals", json=goal).json()["events"][0]
    private = f"/v1/{opened['stream_id'].replace('goal/', 'goals/')}"
    checkpoint_of(member)
    for path in (private, f"{private}/events", f"{private}/export", f"{private}/audit", f"{private}/replay"):
        assert auditor.get(path).status_code == 404, path
    whole = bundle(auditor, "/v1/export")
    text = json.dumps(whole)
    assert "For the team" in text
    assert not [words for words in ("For me alone", "Sleep through", opened["stream_id"]) if words in text]
    sealed = next(line for line in whole if line.get("position") == opened["position"])
    assert sealed.keys() == {"line", "position", "signed"}
    assert (sealed["line"], len(sealed["signed"])) == ("leaf", 64)
    of_deal = [line for line in bundle(auditor, f"{deal}/export") if line["line"] == "event"]
    assert [bool(line["parts"]) for line in of_deal] == [True, True, False]
    own = bundle(member, f"{private}/export")
    assert "Sleep through" in json.dumps(own)
