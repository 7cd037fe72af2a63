"""Who may call: every operation without a key, with a bad one, from another workspace, and in the wrong role."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.http.operations import Operation, operation_of
from service.http.permissions import ROLE_MAY
from service.http.routes import ROUTES
from tests.http.conftest import World, a_deal, client, noted, opened

OPERATIONS: list[Operation] = [found for route in ROUTES if (found := operation_of(route)) is not None]
KEYED = [operation for operation in OPERATIONS if not operation.public]
OPEN_TO_ALL = {
    "catalogue",
    "catalogue_type",
    "docs",
    "docs_css",
    "docs_js",
    "health_live",
    "health_ready",
    "list_problems",
    "openapi",
    "list_policies",
    "list_vectors",
    "metrics",
    "read_example",
    "read_policy",
    "proof_loop_vectors",
    "read_problem",
    "trust_vectors",
}


def named(operation: Operation) -> str:
    return operation.id


def call(http: httpx.Client, operation: Operation, **values: str) -> httpx.Response:
    """The operation, with a random UUID for every path parameter that is not given."""
    path = operation.path.replace(":str}", "}")
    for name in ("stream_id", "event_id", "party_id", "credential_id", "webhook_id", "type", "slug"):
        path = path.replace(f"{{{name}}}", values.get(name, str(uuid4())))
    body: Any = noted() if operation.bodies else None
    return http.request(operation.method, path, json=body)


def test_only_what_is_published_health_and_metrics_need_no_key_of_a_workspace() -> None:
    assert {operation.id for operation in OPERATIONS if operation.public} == OPEN_TO_ALL


@pytest.mark.parametrize("operation", KEYED, ids=named)
def test_A1_no_key(nobody: httpx.Client, operation: Operation) -> None:
    answer = call(nobody, operation)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="throughline"'
    assert answer.json()["type"] == "/problems/no-valid-key"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer nonsense",
        "Bearer tl_",
        "Bearer tl_nonsense",
        "Bearer tl_" + "x" * 500,
        "Basic dGw6dGw=",
        "Bearer tl_é",
        "Token tl_abc_def",
    ],
)
def test_A1_what_is_no_key_reads_like_no_key(nobody: httpx.Client, value: str) -> None:
    without = nobody.get("/v1/me")
    answer = nobody.get("/v1/me", headers=[(b"Authorization", value.encode())])
    assert answer.status_code == 401
    assert _told(answer) == _told(without)


def test_A1_two_keys_are_no_key(world: World, nobody: httpx.Client) -> None:
    key = ("Authorization", f"Bearer {world.here.member.key}")
    assert nobody.get("/v1/me", headers=[key, key]).status_code == 401


def test_A1_a_key_with_another_secret_is_no_key(world: World, nobody: httpx.Client) -> None:
    key = world.here.member.key
    other = key[:-1] + ("A" if key[-1] != "A" else "B")
    assert nobody.get("/v1/me", headers={"Authorization": f"Bearer {other}"}).status_code == 401


def test_A4_an_auditor_records_nothing(world: World, member: httpx.Client) -> None:
    deal = a_deal(member)
    with client(world, world.here.auditor) as auditor:
        answer = auditor.post(f"{deal}/events", json=noted())
    assert answer.status_code == 403
    assert answer.json()["permission"] == "record"
    assert len(member.get(f"{deal}/events").json()["events"]) == 1


def test_A4_a_guest_stays_on_one_stream_and_sees_what_is_shared_there(world: World, member: httpx.Client) -> None:
    stream = str(world.here.guests_deal)
    other = a_deal(member)
    shared = {**opened("Shared"), "stream_id": stream, "visibility": "shared"}
    assert member.post("/v1/deals", json=shared).status_code in (201, 409)  # another test may have opened it
    member.post(f"/v1/deals/{stream}/events", json=noted("Among us"))
    with client(world, world.here.guest) as guest:
        events = guest.get(f"/v1/deals/{stream}/events").json()["events"]
        assert events[0]["type"] == "deal.opened"
        assert {event["visibility"] for event in events} == {"shared"}
        assert guest.get(other).status_code == 404
        assert guest.post(f"{other}/events", json=noted()).status_code == 404
        assert guest.post("/v1/deals", json=opened()).status_code == 403
        assert guest.post("/v1/goals", json={"type": "goal.set", "data": {}}).status_code == 403
        assert [row["id"] for row in guest.get("/v1/deals").json()["items"]] == [stream]
        assert guest.get("/v1/me").json()["stream_id"] == f"deal/{stream}"


def test_me_says_who_one_is_and_what_one_may_do(world: World, member: httpx.Client) -> None:
    me = member.get("/v1/me").json()
    assert me["workspace_id"] == str(world.here.id)
    assert me["party_id"] == str(world.here.member.party_id)
    assert (me["role"], me["may"]) == ("member", sorted(ROLE_MAY["member"]))


@pytest.mark.parametrize("operation", [one for one in KEYED if "{stream_id" in one.path], ids=named)
def test_A2_another_workspaces_stream_is_not_found_in_the_same_bytes(
    member: httpx.Client, stranger: httpx.Client, operation: Operation
) -> None:
    deal = a_deal(member)
    theirs = {"stream_id": deal.rpartition("/")[2]}
    if "{event_id" in operation.path:
        theirs["event_id"] = member.get(f"{deal}/events").json()["events"][0]["event_id"]
    foreign, absent = call(stranger, operation, **theirs), call(stranger, operation)
    assert foreign.status_code == 404
    assert foreign.content == absent.content
    assert _names(foreign) == _names(absent)


def test_A2_a_person_of_another_workspace_is_not_found_in_the_same_bytes(
    world: World, member: httpx.Client, stranger: httpx.Client
) -> None:
    a_deal(member)
    assert member.get(f"/v1/parties/{world.here.member.party_id}").status_code == 200
    foreign = stranger.get(f"/v1/parties/{world.here.member.party_id}")
    assert foreign.status_code == 404
    assert foreign.content == stranger.get(f"/v1/parties/{uuid4()}").content


@pytest.mark.parametrize("path", ["/v1/deals", "/v1/goals", "/v1/parties", "/v1/agenda"])
def test_A3_lists_hold_nothing_of_another_workspace(member: httpx.Client, stranger: httpx.Client, path: str) -> None:
    deal = a_deal(member)
    assert deal.rpartition("/")[2] not in stranger.get(path).text


def test_A3_one_key_names_other_facts_in_another_workspace(member: httpx.Client, stranger: httpx.Client) -> None:
    key = {"Idempotency-Key": "monday"}
    ours = member.post("/v1/deals", json={"type": "deal.opened", "data": {"title": "Ours"}}, headers=key)
    theirs = stranger.post("/v1/deals", json={"type": "deal.opened", "data": {"title": "Theirs"}}, headers=key)
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert ours.json()["events"][0]["event_id"] != theirs.json()["events"][0]["event_id"]


def test_a_deal_is_no_goal(member: httpx.Client) -> None:
    goal = a_deal(member).replace("/v1/deals/", "/v1/goals/")
    assert member.get(goal).status_code == 404
    assert member.get(f"{goal}/events").status_code == 404
    assert member.post(f"{goal}/events", json=noted()).status_code == 404


def test_a_private_goal_is_not_found_by_a_colleague(member: httpx.Client, owner: httpx.Client) -> None:
    opening = member.post("/v1/goals", json={"type": "goal.set", "data": {"statement": "Run", "horizon": "long"}})
    assert opening.status_code == 201, opening.text
    mine = opening.headers["Location"]
    assert member.get(mine).status_code == 200
    hidden, absent = owner.get(mine), owner.get(f"/v1/goals/{uuid4()}")
    assert (hidden.status_code, hidden.content) == (404, absent.content)


def _told(answer: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    del told["instance"]  # holds the request's id
    return told


def _names(answer: httpx.Response) -> set[str]:
    return set(answer.headers.keys())
