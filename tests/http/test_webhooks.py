"""Webhooks over HTTP: who handles which, what is refused, what is shown and what is not."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.ledger.webhooks.rows import WEBHOOKS_PER_WORKSPACE_MAX
from tests.http.conftest import Person, World, a_deal, client, noted
from tests.webhooks.receiver import Receiver, receiving, status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture(autouse=True)
def cleared(owner: httpx.Client) -> Iterator[None]:
    """No test leaves a webhook behind: there may be few."""
    yield
    for one in owner.get("/v1/webhooks").json()["items"]:
        owner.delete(f"/v1/webhooks/{one['webhook_id']}")


@pytest.fixture
def service(world: World, owner: httpx.Client) -> Iterator[httpx.Client]:
    """Another program, with a key of its own."""
    party = owner.post("/v1/members", json={"name": "CRM", "role": "service"}).json()["party_id"]
    key = owner.post("/v1/credentials", json={"party_id": party, "name": "CRM"}).json()["key"]
    with client(world, Person(party, key)) as http:
        yield http


def made(http: httpx.Client, url: str, **more: Any) -> tuple[str, str]:
    """The address and the secret of a new webhook."""
    answer = http.post("/v1/webhooks", json={"url": url, "name": "CRM", **more})
    assert answer.status_code == 201, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    told = answer.json()
    return f"/v1/webhooks/{told['webhook']['webhook_id']}", told["secret"]


def test_facts_reach_the_receiver_and_the_log_tells_it_in_pages(
    member: httpx.Client, owner: httpx.Client, receiver: Receiver
) -> None:
    address, secret = made(owner, receiver.url, kinds=["deal"])
    a_deal(member, noted(), noted("Twice a week"))
    for got in receiver.has(3):
        assert got.verified(secret)["data"] == got.fact
        assert got.headers["content-type"] == "application/cloudevents+json"
        assert (got.path, got.headers["host"]) == ("/in", receiver.url.split("/")[2])
    page = owner.get(f"{address}/deliveries?limit=2")
    while len(page.json()["items"]) < 2 or page.json()["next"] is None:  # the last is noted after it was taken
        page = owner.get(f"{address}/deliveries?limit=2")
    rest = owner.get(page.json()["next"]).json()
    positions = [one["position"] for one in page.json()["items"] + rest["items"]]
    assert positions == [fact["position"] for fact in reversed(receiver.facts)]
    assert rest["next"] is None
    told = owner.get(address).json()
    assert (told["state"], told["attempts"], told["previous_position"]) == ("active", 0, positions[0])


def test_it_can_begin_at_the_start_of_the_log(owner: httpx.Client, receiver: Receiver) -> None:
    made(owner, receiver.url, **{"from": 0})
    assert receiver.has(1)[0].event["sequence"] == "0" * 16


def test_a_test_message_tells_what_came_of_it(owner: httpx.Client, receiver: Receiver) -> None:
    address, secret = made(owner, receiver.url)
    told = owner.post(f"{address}/test").json()
    assert (told["outcome"], told["status"]) == ("delivered", 204)
    assert receiver.got[0].verified(secret)["type"] == "webhook.test"
    receiver.usual = status(500)
    assert owner.post(f"{address}/test").json()["status"] == 500
    assert [one["message"] for one in owner.get(f"{address}/deliveries").json()["items"]] == ["test", "test"]
    assert owner.get(address).json()["attempts"] == 0, "a test says nothing about facts"


def test_a_new_secret_signs_beside_the_old_one_for_as_long_as_was_asked(
    owner: httpx.Client, receiver: Receiver
) -> None:
    address, old = made(owner, receiver.url)
    answer = owner.post(f"{address}/rotate", json={"overlap_s": 60})
    assert answer.status_code == 201
    new = answer.json()["secret"]
    owner.post(f"{address}/test")
    newest = owner.post(f"{address}/rotate", json={"overlap_s": 0}).json()["secret"]
    owner.post(f"{address}/test")
    both, alone = receiver.has(2)
    assert both.verified(old) == both.verified(new)
    assert alone.verified(newest)
    assert [len(got.headers["webhook-signature"].split()) for got in (both, alone)] == [2, 1]
    assert len({old, new, newest}) == 3


def test_secrets_are_shown_once_and_lie_nowhere_in_the_clear(
    world: World, owner: httpx.Client, receiver: Receiver
) -> None:
    address, secret = made(owner, receiver.url)
    for answer in (
        owner.get(address),
        owner.get("/v1/webhooks"),
        owner.post(f"{address}/pause"),
        owner.delete(address),
    ):
        assert answer.status_code == 200
        assert "whsec_" not in answer.text
        assert 'secret"' not in answer.text
    address, secret = made(owner, receiver.url)
    with psycopg.connect(world.database.owner) as connection:
        rows = connection.execute("SELECT w::text, encode(secret, 'base64') FROM webhook w").fetchall()
    assert rows
    assert all(secret.removeprefix("whsec_") not in part for row in rows for part in row)


def test_another_program_handles_its_own_and_an_owner_all(
    owner: httpx.Client, service: httpx.Client, receiver: Receiver
) -> None:
    owners, _ = made(owner, receiver.url)
    services, _ = made(service, receiver.url)
    assert [one["webhook_id"] for one in service.get("/v1/webhooks").json()["items"]] == [services.rpartition("/")[2]]
    assert len(owner.get("/v1/webhooks").json()["items"]) == 2
    absent = service.get(f"/v1/webhooks/{uuid4()}")
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/test"), ("GET", "/deliveries")):
        answer = service.request(method, owners + path)
        assert answer.status_code == 404
        assert answer.json() == absent.json()
    assert owner.post(f"{services}/pause").json()["state"] == "paused"
    assert owner.delete(services).status_code == 200
    assert owner.get(services).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/in",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/in",
        "https://[::ffff:10.0.0.1]/in",
        "http://93.184.216.34/in",
        "https://noor:secret@hooks.example.org/",
        "https://hooks.example.org/#in",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:65536/",
    ],
)
def test_an_address_that_is_never_called_is_refused_at_once(owner: httpx.Client, url: str) -> None:
    answer = owner.post("/v1/webhooks", json={"url": url, "name": "CRM"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/webhook-address-refused")
    assert answer.json()["pointer"] == "/url"


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("url", "ftp://hooks.example.org", "/url"),
        ("url", "https://hooks.example.org/a b", "/url"),
        ("types", ["note.recorded", "note.invented"], "/types/1"),
        ("types", [], "/types"),
        ("streams", ["deal/1"], "/streams/0"),
        ("kinds", ["party"], "/kinds/0"),
        ("from", -1, "/from"),
        ("name", "", "/name"),
    ],
)
def test_what_does_not_fit_is_pointed_at(owner: httpx.Client, member: str, value: Any, pointer: str) -> None:
    body = {"url": "https://hooks.example.org/", "name": "CRM", member: value}
    answer = owner.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["pointer"]) == (400, pointer), answer.text


def test_no_position_beyond_the_log_is_taken(owner: httpx.Client, receiver: Receiver) -> None:
    body = {"url": receiver.url, "name": "CRM", "from": 10**9}
    assert owner.post("/v1/webhooks", json=body).json()["type"] == "/problems/position-ahead"
    address, _ = made(owner, receiver.url)
    assert owner.post(f"{address}/replay", json={"from": 10**9}).status_code == 410
    assert owner.post(f"{address}/replay", json={"from": 0}).json()["position"] == 0


def test_a_workspace_has_a_bounded_number(owner: httpx.Client, receiver: Receiver) -> None:
    for _ in range(WEBHOOKS_PER_WORKSPACE_MAX):
        address, _ = made(owner, receiver.url)
    answer = owner.post("/v1/webhooks", json={"url": receiver.url, "name": "one more"})
    assert (answer.status_code, answer.json()["accepted"]) == (409, WEBHOOKS_PER_WORKSPACE_MAX)
    assert owner.delete(address).status_code == 200
    made(owner, receiver.url)
