"""The issuer's keys: which of a set are used, how often they are fetched, and what holds while the issuer is away."""

import asyncio
import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.oidc.checking import Head
from service.oidc.fetching import DOCUMENT_BYTES_MAX, new_client
from service.oidc.fetching import fetch_json as fetch
from service.oidc.issuer import KEYS_KEPT_S, REFRESH_S, Issuer
from service.oidc.keyset import KeySet
from service.oidc.refusals import IssuerUnavailable, TokenRefused
from tests.conftest import Server
from tests.http.conftest import World
from tests.oidc.conftest import ask, with_issuer
from tests.oidc.issuing import LocalIssuer, local_issuer, public, rsa_key

RSA = Head("RS256", "rsa-1")


class Moment:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


def test_of_a_set_only_public_keys_for_signatures_of_the_right_kind_are_used() -> None:
    key = rsa_key()
    good = public(key, "a")
    unusable = [
        {**good, "use": "enc"},
        {**good, "key_ops": ["encrypt"]},
        {**good, "alg": "RS512"},
        {**good, "d": "AQAB"},
        {**good, "kid": 7},
        {**good, "kid": "k" * 300},
        {**good, "n": None},
        {**good, "n": "!"},
        public(rsa_key(1_024), "a"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "a"},
        {"kty": "EC", "crv": "P-521", "x": "AQ", "y": "AQ", "kid": "a"},
        {"kty": ["RSA"], "kid": "a"},
        "a",
    ]
    assert len(KeySet({"keys": unusable})) == 0
    assert KeySet({"keys": [*unusable, good]}).find("RS256", "a") is not None
    assert KeySet({"keys": [good]}).find("ES256", "a") is None
    nothings: list[Any] = [{}, {"keys": {}}, [], None, 7, {"keys": [[]]}]
    for nothing in nothings:
        assert len(KeySet(nothing)) == 0


def test_A18_a_name_that_two_keys_have_means_neither() -> None:
    doubled = KeySet({"keys": [public(rsa_key(), "a"), public(rsa_key(), "a"), public(rsa_key(), "b")]})
    assert doubled.find("RS256", "a") is None
    assert doubled.find("RS256", "b") is not None
    assert doubled.find("RS256", None) is None


async def with_clock(issuer: LocalIssuer, clock: Moment, act: Any) -> None:
    async with new_client(issuer.url) as http:
        keys = Issuer(issuer.url, None, 30, partial(fetch, http), clock)
        try:
            await act(keys)
        finally:
            await keys.close()


def test_A18_a_thousand_callers_with_unknown_keys_wait_for_one_fetch(issuer: LocalIssuer) -> None:
    issuer.reset()
    clock = Moment()

    async def act(keys: Issuer) -> None:
        wanted = [keys.key(Head("RS256", f"made-up-{turn}")) for turn in range(1_000)]
        told = await asyncio.gather(*wanted, return_exceptions=True)
        assert {type(one) for one in told} == {TokenRefused}
        assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]
        clock.s += 29
        with pytest.raises(TokenRefused):
            await keys.key(Head("RS256", "rsa-2"))
        assert len(issuer.asked) == 2
        issuer.keys.append(public(issuer.rsa, "rsa-2"))
        clock.s += 2
        assert await keys.key(Head("RS256", "rsa-2")) is not None
        assert keys.generation == 2

    asyncio.run(with_clock(issuer, clock, act))


def test_keys_are_used_on_while_the_issuer_is_away_for_a_day_and_no_longer(issuer: LocalIssuer) -> None:
    issuer.reset()
    clock = Moment()

    async def act(keys: Issuer) -> None:
        assert await keys.key(RSA) is not None
        back, issuer.answers = issuer.answers, {}
        clock.s += REFRESH_S + 1
        assert await keys.key(RSA) is not None
        clock.s += KEYS_KEPT_S - REFRESH_S - 2
        assert await keys.key(RSA) is not None
        ready = [keys.has_keys]
        clock.s += 31
        with pytest.raises(IssuerUnavailable) as refused:
            await keys.key(RSA)
        assert refused.value.retry_after_s == 30
        ready.append(keys.has_keys)
        assert ready == [True, False]
        issuer.answers = back
        clock.s += 31
        assert await keys.key(RSA) is not None

    asyncio.run(with_clock(issuer, clock, act))


def test_a_key_that_the_issuer_takes_back_is_noticed_without_an_unknown_one(issuer: LocalIssuer) -> None:
    issuer.reset()
    clock = Moment()

    async def act(keys: Issuer) -> None:
        assert await keys.key(RSA) is not None
        issuer.keys = issuer.keys[1:]
        clock.s += REFRESH_S + 1
        keys.look_after()
        for _ in range(200):
            await asyncio.sleep(0.01)
            if keys.generation == 2:
                break
        with pytest.raises(TokenRefused):
            await keys.key(RSA)

    asyncio.run(with_clock(issuer, clock, act))


async def none_to_be_had(issuer: LocalIssuer, caplog: pytest.LogCaptureFixture, told: str) -> None:
    async def act(keys: Issuer) -> None:
        with pytest.raises(IssuerUnavailable):
            await keys.key(RSA)

    caplog.clear()
    await with_clock(issuer, Moment(), act)
    assert told in caplog.text


@pytest.mark.parametrize(
    ("path", "answer", "told"),
    [
        ("/keys", (500, b""), "answered 500"),
        ("/keys", (302, b""), "answered 302"),
        ("/keys", (200, b"{"), "JSONDecodeError"),
        ("/keys", (200, b"[" * 100_000), "RecursionError"),
        ("/keys", (200, b'{"keys": []}'), "names no key"),
        ("/keys", (200, b" " * (DOCUMENT_BYTES_MAX + 1)), "more than"),
        ("/.well-known/openid-configuration", (200, b"[]"), "is not of the issuer"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.example"}'), "is not of the issuer"),
    ],
)
def test_A18_what_the_issuer_must_not_answer_gives_no_keys(
    issuer: LocalIssuer, caplog: pytest.LogCaptureFixture, path: str, answer: tuple[int, bytes], told: str
) -> None:
    issuer.reset()
    issuer.answers[path] = lambda: answer
    try:
        asyncio.run(none_to_be_had(issuer, caplog, told))
    finally:
        issuer.reset()


def test_A18_keys_are_fetched_with_https_from_other_machines(
    issuer: LocalIssuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.reset()
    told = {"issuer": issuer.url, "jwks_uri": "http://keys.example/keys"}
    issuer.answers["/.well-known/openid-configuration"] = lambda: (200, json.dumps(told).encode())
    try:
        asyncio.run(none_to_be_had(issuer, caplog, "no jwks_uri with https"))
    finally:
        issuer.reset()


def test_a_new_key_of_the_issuer_is_taken_and_an_old_one_ends(world: World, issuer: LocalIssuer) -> None:
    issuer.reset()
    old = issuer.token()
    assert ask(world, old).status_code == 200
    issuer.keys = [public(issuer.rsa, "rsa-2")]
    try:
        time.sleep(1.1)  # of two fetches in this test's service
        assert ask(world, issuer.token(head={"kid": "rsa-2"})).status_code == 200
        answer = ask(world, old)
        assert (answer.status_code, answer.json()["check"]) == (401, "key"), "it was remembered under keys that went"
    finally:
        issuer.reset()
        time.sleep(1.1)
        assert ask(world, issuer.token()).status_code == 200


def test_readiness_tells_that_there_are_no_keys_and_keys_of_ours_work_on(
    server: Server, template: str, tmp_path: Path
) -> None:
    with local_issuer() as away:
        back, away.answers = away.answers, {}
        with with_issuer(server, template, str(tmp_path), away) as world:
            ready = httpx.get(f"{world.url}/health/ready")
            assert (ready.status_code, ready.json()) == (200, {"status": "ready", "issuer": "no-keys"})
            answer = ask(world, away.token())
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/issuer-unavailable")
            assert int(answer.headers["Retry-After"]) == 1
            assert ask(world, world.here.member.key).status_code == 200
            away.answers = back
            time.sleep(1.1)
            assert ask(world, away.token()).status_code == 403  # checked, and of nobody who is a member
            assert httpx.get(f"{world.url}/health/ready").json() == {"status": "ready", "issuer": "keys"}
