"""Every operation with every role, with another workspace's key and with none: what the table says, happens."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.facts import Role
from service.http.operations import Operation, operation_of
from service.http.roles import ROLES, may_call, roles_page
from service.http.routes import ROUTES
from tests.http.conftest import Person, World, client, fact, opened
from tests.running import ROOT

OPERATIONS: list[Operation] = [found for route in ROUTES if (found := operation_of(route)) is not None]
KEYED = [operation for operation in OPERATIONS if not operation.public]
PARAMETER = re.compile(r"\{(\w+):str\}")
# What names something of one workspace, and so must read as absent from another.
TAKING_IDS = [
    one
    for one in KEYED
    if {"stream_id", "event_id", "party_id", "credential_id", "webhook_id"} & set(PARAMETER.findall(one.path))
]


def named(operation: Operation) -> str:
    return operation.id


class Scene:
    """A workspace with a key for every role; and a deal, a goal and all else that operations ask for by id."""

    def __init__(self, world: World, people: dict[Role, httpx.Client], stranger: httpx.Client) -> None:
        self.people, self.stranger = people, stranger
        owner = people["owner"]
        buyer = str(uuid4())
        joins = {**fact("participant.joined", party_id=buyer, side="buyer"), "visibility": "shared"}
        member = people["member"].get("/v1/me").json()["party_id"]
        seller = fact("participant.joined", party_id=member, side="seller")
        pacer = {**fact("participant.joined", party_id=member, side="self"), "visibility": "shared"}
        self.deal = owner.post(
            "/v1/deals", json={"facts": [{**opened(), "visibility": "shared"}, joins, seller]}
        ).json()
        goal = {**fact("goal.set", statement="Run", horizon="long"), "visibility": "shared"}
        supporter = {**joins, "data": {"party_id": buyer, "side": "coach"}}
        self.goal = owner.post("/v1/goals", json={"facts": [goal, supporter, pacer]}).json()
        wanted = {"party_id": buyer, "name": "guest"}
        made = owner.post(f"/v1/deals/{self.id_of(self.deal)}/guests", json=wanted).json()
        people["guest"] = client(world, Person(uuid4(), made["key"]))
        self.buyer, self.guests_key = buyer, made["credential"]["credential_id"]
        goal_guest = owner.post(f"/v1/goals/{self.id_of(self.goal)}/guests", json=wanted).json()
        self.goal_guests_key = goal_guest["credential"]["credential_id"]
        hook = owner.post("/v1/webhooks", json={"name": "CRM", "url": "https://hooks.example.org/"}).json()["webhook"]
        owner.post(f"/v1/webhooks/{hook['webhook_id']}/pause")
        self.webhook = hook["webhook_id"]

    @staticmethod
    def id_of(stream: dict[str, Any]) -> str:
        return str(stream["events"][0]["stream_id"].partition("/")[2])

    def ids(self, operation: Operation) -> dict[str, str]:
        """Ids of this workspace that the operation can be asked about."""
        stream = self.goal if operation.path.startswith("/v1/goals") else self.deal
        key = self.goal_guests_key if operation.path.startswith("/v1/goals") else self.guests_key
        return {
            "stream_id": self.id_of(stream),
            "event_id": stream["events"][0]["event_id"],
            "party_id": self.buyer,
            "credential_id": key,
            "webhook_id": self.webhook,
        }


@pytest.fixture(scope="module")
def scene(world: World) -> Iterator[Scene]:
    with client(world, world.here.owner) as owner, client(world, world.elsewhere.owner) as stranger:
        people: dict[Role, httpx.Client] = {"owner": owner}
        for role in ("member", "coach", "auditor", "service"):
            party = owner.post("/v1/members", json={"name": role, "role": role}).json()["party_id"]
            key = owner.post("/v1/credentials", json={"party_id": party, "name": role}).json()["key"]
            people[role] = client(world, Person(uuid4(), key))
        scene = Scene(world, people, stranger)
        yield scene
        for http in people.values():
            http.close()


def call(http: httpx.Client, operation: Operation, ids: dict[str, str] | None = None) -> httpx.Response:
    """The operation, with a random UUID for every parameter that no id is given for, and an empty object for a body.

    An empty object fits no operation that needs more, so that nothing is changed by asking.
    """
    path = PARAMETER.sub(lambda found: (ids or {}).get(found[1], str(uuid4())), operation.path)
    return http.request(operation.method, path, json={} if operation.bodies else None)


def test_the_table_in_the_documentation_is_the_one_of_the_routes() -> None:
    assert Path(ROOT, "openapi", "roles.md").read_text() == roles_page(ROUTES), "run `throughline openapi`"


@pytest.mark.parametrize("operation", KEYED, ids=named)
@pytest.mark.parametrize("role", ROLES)
def test_A4_every_role_may_call_what_the_table_says(scene: Scene, role: Role, operation: Operation) -> None:
    ids = scene.ids(operation) if operation.method == "GET" else {}  # nothing is taken away while roles are tried
    if operation.id == "rotate_mine":
        return  # would end the role's key; that any role may is told by test_members
    answer = call(scene.people[role], operation, ids)
    assert answer.status_code not in (401, 429, 500), answer.text
    assert (answer.status_code != 403) is may_call(role, operation), answer.text
    if answer.status_code == 403:
        assert answer.json()["permission"] == operation.permission
        assert answer.json()["role"] == role


@pytest.mark.parametrize("operation", KEYED, ids=named)
def test_A1_without_a_key_nothing_is_answered(nobody: httpx.Client, scene: Scene, operation: Operation) -> None:
    answer = call(nobody, operation, scene.ids(operation))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/no-valid-key")


@pytest.mark.parametrize("operation", TAKING_IDS, ids=named)
def test_A2_what_is_another_workspace_s_answers_as_what_is_not_there(scene: Scene, operation: Operation) -> None:
    body_first = operation.bodies and operation.method == "POST"
    foreign = call(scene.stranger, operation, scene.ids(operation))
    absent = call(scene.stranger, operation)
    assert foreign.status_code == absent.status_code
    if body_first and foreign.status_code == 400:  # the body is looked at first, whatever the id
        assert without_instance(foreign) == without_instance(absent)
        return
    assert foreign.status_code == 404
    assert foreign.content == absent.content
    assert set(foreign.headers) == set(absent.headers)


@pytest.mark.parametrize("operation", [one for one in KEYED if "{" not in one.path and one.method == "GET"], ids=named)
def test_A3_no_list_holds_anything_of_another_workspace(scene: Scene, operation: Operation) -> None:
    text = call(scene.stranger, operation).text
    for own in (*scene.ids(operation).values(), scene.id_of(scene.deal), scene.id_of(scene.goal)):
        assert own not in text


def without_instance(answer: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    del told["instance"]
    return told
