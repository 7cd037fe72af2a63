"""Identity tokens that are good: whom they name, what ends them, and what becomes of those who follow by them."""

import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import jwt
import psycopg
import pytest

from domain.facts import Role
from service.http.event_stream import HEARTBEAT_S
from service.http.permissions import ROLE_MAY
from service.http.roles import may_call
from service.oidc.mapping import party_of
from tests.conftest import Server
from tests.http.conftest import Person, World, client, opened
from tests.http.test_roles import KEYED, call
from tests.listening import listening
from tests.oidc.conftest import ask, with_issuer
from tests.oidc.issuing import LocalIssuer

MEMBER_ROLES: tuple[Role, ...] = ("owner", "member", "coach", "auditor", "service")


def bearer(world: World, token: str) -> httpx.Client:
    return client(world, Person(uuid4(), token))


def added(world: World, subject: str, issuer: LocalIssuer, role: str = "member") -> str:
    party = str(party_of(issuer.url, subject))
    with client(world, world.here.owner) as owner:
        answer = owner.post("/v1/members", json={"name": subject, "role": role, "party_id": party})
    assert answer.status_code == 201, answer.text
    return party


@pytest.fixture
def subject() -> str:
    """Somebody whom no other test knows."""
    return f"subject-{uuid4()}"


def test_a_token_opens_what_a_key_of_the_member_opens(world: World, issuer: LocalIssuer) -> None:
    with bearer(world, issuer.token()) as ada:
        me = ada.get("/v1/me").json()
        assert (me["workspace_id"], me["role"], me["kind"]) == (str(world.here.id), "member", "person")
        assert (me["party_id"], me["name"]) == (str(party_of(issuer.url, "ada")), "Ada")
        assert me["may"] == sorted(ROLE_MAY["member"])
        assert me["expires_at"] is not None
        deal = ada.post("/v1/deals", json=opened())
        assert deal.status_code == 201, deal.text
        assert deal.json()["events"][0]["actor"] == {"party_id": me["party_id"], "kind": "person"}


def test_a_token_is_taken_with_each_pinned_algorithm_and_without_a_kid_where_one_key_is_meant(
    world: World, issuer: LocalIssuer
) -> None:
    claims = issuer.claims()
    for token in (
        jwt.encode(claims, issuer.ec, "ES256", headers={"kid": "ec-1"}),
        jwt.encode(claims, issuer.ed, "EdDSA", headers={"kid": "ed-1"}),
        jwt.encode(claims, issuer.rsa, "RS256"),
        issuer.token(head={"typ": "at+jwt"}),
        issuer.token(head={"typ": "application/AT+JWT"}),
        issuer.token(aud=["https://other.example", issuer.claims()["aud"]]),
        issuer.token(exp=int(time.time()) - 5),  # within the leeway of 30 s
        issuer.token(nbf=int(time.time()) + 5),
    ):
        assert ask(world, token).status_code == 200


def test_who_is_no_member_is_told_the_party_that_an_owner_adds(world: World, issuer: LocalIssuer, subject: str) -> None:
    token = issuer.token(subject)
    refused = ask(world, token)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/token-opens-nothing")
    assert refused.json()["party_id"] == added(world, subject, issuer)
    assert ask(world, token).status_code == 200


def test_who_is_removed_is_kept_out_whatever_tokens_they_hold(world: World, issuer: LocalIssuer, subject: str) -> None:
    party, token = added(world, subject, issuer), issuer.token(subject)
    assert ask(world, token).status_code == 200
    with client(world, world.here.owner) as owner:
        assert owner.post(f"/v1/members/{party}/role", json={"role": "auditor"}).status_code == 200
        assert ask(world, token).json()["role"] == "auditor"
        assert owner.delete(f"/v1/members/{party}").status_code == 200
    assert ask(world, token).status_code == 403
    assert ask(world, issuer.token(subject)).status_code == 403


def test_a_token_ends(world: World, issuer: LocalIssuer) -> None:
    token = issuer.token(exp=int(time.time()) - 28)  # with 30 s of leeway: two more
    assert ask(world, token).status_code == 200
    time.sleep(2.1)
    answer = ask(world, token)
    assert (answer.status_code, answer.json()["check"]) == (401, "expired")


def test_a_token_makes_no_key_that_outlives_it(world: World, issuer: LocalIssuer) -> None:
    with bearer(world, issuer.token()) as ada:
        assert ada.post("/v1/me/rotate", json={}).status_code == 404


def test_tokens_and_keys_are_told_apart_by_their_form(world: World, issuer: LocalIssuer) -> None:
    wrong = ask(world, "tl_" + issuer.token())
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/no-valid-key")
    assert ask(world, world.here.member.key).status_code == 200
    assert ask(world, "nonsense").json()["type"] == "/problems/no-valid-key"


def test_no_token_is_in_a_table_or_in_the_log(
    world: World, issuer: LocalIssuer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    good, bad = issuer.token(), issuer.token(exp=1)
    assert (ask(world, good).status_code, ask(world, bad).status_code) == (200, 401)
    told = caplog.text + "".join(capfd.readouterr())
    with psycopg.connect(world.database.owner) as connection:
        for table in ("event", "credential", "ticket"):
            told += str(connection.execute(f"SELECT t::text FROM {table} t").fetchall())
    for token in (good, bad):
        assert token.rpartition(".")[2] not in told


@pytest.mark.slow  # an idle follower is looked at with its heartbeat
def test_a_ticket_made_with_a_token_serves_until_the_token_ends(world: World, issuer: LocalIssuer) -> None:
    with bearer(world, issuer.token(exp=int(time.time()) + 3)) as ada, bearer(world, issuer.token()) as lasts:
        lasting, ending = (one.post("/v1/tickets").json()["ticket"] for one in (lasts, ada))
    with listening(world.url, {}, f"?ticket={ending}") as follower:
        assert follower.answer.status == 200
        assert follower.ended.wait(HEARTBEAT_S + 5), "it serves on after its token has ended"
    assert httpx.get(f"{world.url}/v1/events?ticket={ending}", headers=STREAM).status_code == 401
    with listening(world.url, {}, f"?ticket={lasting}") as follower:
        assert follower.answer.status == 200


STREAM = {"Accept": "text/event-stream"}


def test_who_follows_by_a_token_is_cut_off_when_they_are_removed(
    world: World, issuer: LocalIssuer, subject: str
) -> None:
    party = added(world, subject, issuer)
    headers = {"Authorization": f"Bearer {issuer.token(subject)}"}
    with listening(world.url, headers) as by_token, bearer(world, issuer.token(subject)) as http:
        ticket = http.post("/v1/tickets").json()["ticket"]
        with listening(world.url, {}, f"?ticket={ticket}") as by_ticket:
            with client(world, world.here.owner) as owner:
                assert owner.delete(f"/v1/members/{party}").status_code == 200
            assert by_token.ended.wait(10)
            assert by_ticket.ended.wait(10)


def test_without_an_issuer_no_token_is_taken(
    server: Server, template: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    off = dict.fromkeys(("oidc_issuer", "oidc_audience", "oidc_workspace", "oidc_algorithms", "oidc_refetch_s"), "")
    with with_issuer(server, template, str(tmp_path), issuer, **off) as world:
        answer = ask(world, issuer.token())
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/no-valid-key")
        assert httpx.get(f"{world.url}/health/ready").json() == {"status": "ready"}


# -- tokens that name workspace, party and role


@pytest.fixture(scope="module")
def mapped(server: Server, template: str, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service whose tokens say everything: the workspace, the party and the role, and make members."""
    told = {
        "oidc_workspace": "",
        "oidc_workspace_claim": "https://throughline.example/workspace",
        "oidc_party_claim": "party",
        "oidc_role_claim": "realm_access.roles",
        "oidc_roles": "admins=owner,sales=member,coaches=coach,audit=auditor,programs=service",
        "oidc_members": "join",
    }
    with with_issuer(server, template, str(tmp_path_factory.mktemp("data")), issuer, **told) as world:
        yield world


GROUP_OF = {"owner": "admins", "member": "sales", "coach": "coaches", "auditor": "audit", "service": "programs"}


def full(issuer: LocalIssuer, world: World, party_id: UUID, /, *roles: str, **more: Any) -> str:
    claims = {
        "https://throughline.example/workspace": str(world.here.id),
        "party": str(party_id),
        "realm_access": {"roles": ["offline", *(GROUP_OF[role] for role in roles)]},
        "name": "Ada Lovelace",
    }
    return issuer.sign({**issuer.claims(), **claims, **more})


@pytest.mark.parametrize("role", MEMBER_ROLES)
def test_A4_every_role_of_a_token_may_call_what_the_table_says(mapped: World, issuer: LocalIssuer, role: Role) -> None:
    """The walk of test_roles, with an identity token in place of a key."""
    with bearer(mapped, full(issuer, mapped, uuid4(), role)) as http:
        me = http.get("/v1/me").json()
        assert (me["role"], me["name"]) == (role, "Ada Lovelace")
        assert me["kind"] == ("service" if role == "service" else "person")
        for operation in KEYED:
            if operation.id != "rotate_mine":
                answer = call(http, operation)
                assert answer.status_code not in (401, 429, 500), answer.text
                assert (answer.status_code != 403) is may_call(role, operation), answer.text


def test_the_first_role_of_the_mapping_counts(mapped: World, issuer: LocalIssuer) -> None:
    assert ask(mapped, full(issuer, mapped, uuid4(), "coach", "member")).json()["role"] == "member"


def test_the_record_follows_newer_tokens_and_no_older_one(mapped: World, issuer: LocalIssuer) -> None:
    party = uuid4()
    assert ask(mapped, full(issuer, mapped, party, "owner")).json()["role"] == "owner"
    time.sleep(1.1)  # tokens tell their time in whole seconds
    old = full(issuer, mapped, party, "owner")
    time.sleep(1.1)
    assert ask(mapped, full(issuer, mapped, party, "auditor")).json()["role"] == "auditor"
    refused = ask(mapped, old)
    assert (refused.status_code, refused.json()["party_id"]) == (403, str(party))
    with client(mapped, mapped.here.owner) as owner:
        assert owner.get(f"/v1/members/{party}").json()["role"] == "auditor"
        assert owner.delete(f"/v1/members/{party}").status_code == 200
    time.sleep(1.1)
    assert ask(mapped, full(issuer, mapped, party, "auditor")).status_code == 403, "no token undoes a removal"


@pytest.mark.parametrize(
    "changed",
    [
        {"realm_access": {"roles": ["offline"]}},
        {"realm_access": ["sales"]},
        {"party": "ada"},
        {"party": 7},
        {"https://throughline.example/workspace": None},
    ],
)
def test_a_token_without_a_claim_that_is_mapped_opens_nothing(
    mapped: World, issuer: LocalIssuer, changed: dict[str, Any]
) -> None:
    answer = ask(mapped, full(issuer, mapped, uuid4(), "member", **changed))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/token-opens-nothing")


def test_A2_a_workspace_that_is_not_there_reads_as_one_without_the_member(world: World, issuer: LocalIssuer) -> None:
    """Only whoever the issuer vouches for gets so far, and even they learn nothing of other workspaces."""
    answer = ask(world, issuer.token(f"subject-{uuid4()}"))
    assert answer.json()["detail"] == "The token is valid, and whom it names is no member here."


def test_A2_no_token_joins_a_workspace_that_is_not_there(mapped: World, issuer: LocalIssuer) -> None:
    nowhere = {"https://throughline.example/workspace": str(uuid4())}
    answer = ask(mapped, full(issuer, mapped, uuid4(), "owner", **nowhere))
    assert (answer.status_code, answer.json()["detail"]) == (
        403,
        "The token is valid, and whom it names is no member here.",
    )


def test_A17_wrong_tokens_are_counted_as_wrong_keys_are(
    server: Server, template: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    with with_issuer(server, template, str(tmp_path), issuer, wrong_keys_per_minute="5") as world:
        known = issuer.token("nobody")
        assert ask(world, known).status_code == 403
        statuses = [ask(world, issuer.token(exp=1)).status_code for _ in range(8)]
        assert statuses == [401] * 5 + [429] * 3
        assert ask(world, known).status_code == 403, "one that was checked is not held back"
