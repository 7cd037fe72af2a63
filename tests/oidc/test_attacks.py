"""A18: what can be done to a token. Each is answered with 401, a challenge, and the check that failed, and no more."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.oidc.checking import TOKEN_CHARS_MAX
from service.oidc.refusals import CHECKS
from tests.http.conftest import World
from tests.oidc.conftest import ask
from tests.oidc.issuing import AUDIENCE, LocalIssuer, local_issuer, public, rsa_key

# Of what surrounds a check nothing may be told.
LEAKS = ("Traceback", "PyJWT", "pyjwt", "RSA", "cryptography", "/keys", ".py", "exception")


def part(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(issuer: LocalIssuer, head: bytes | dict[str, Any], claims: bytes | dict[str, Any]) -> str:
    """A token whose head and claims are these bytes, with the issuer's true signature."""
    text = f"{part(head)}.{part(claims)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(text.encode(), issuer.rsa)
    return f"{text}.{part(signature)}"


def with_secret(issuer: LocalIssuer, algorithm: str, secret: bytes) -> str:
    """A token with a MAC over it: what a service that mistakes a public key for a secret would take."""
    text = f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'rsa-1'})}.{part(issuer.claims())}"
    return f"{text}.{part(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def pem(issuer: LocalIssuer) -> bytes:
    return issuer.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unsigned(issuer: LocalIssuer, algorithm: str) -> str:
    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(issuer.claims())}."


def by_another(issuer: LocalIssuer, **head: Any) -> str:
    """A token signed by somebody else's key, whose head says where that key is."""
    key = rsa_key()
    return jwt.encode(issuer.claims(), key, "RS256", headers={"kid": "rsa-1", "jwk": public(key, "rsa-1"), **head})


def twice(name: str, value: dict[str, Any]) -> bytes:
    """An object in which a name occurs twice."""
    return json.dumps(value).encode()[:-1] + b", " + json.dumps({name: value[name]}).encode()[1:]


HEAD = {"alg": "RS256", "typ": "JWT", "kid": "rsa-1"}
HOUR_S = 3_600
ATTACKS: dict[str, tuple[str, Callable[[LocalIssuer], str]]] = {
    "alg_none": ("algorithm", lambda one: unsigned(one, "none")),
    "alg_None_in_capitals": ("algorithm", lambda one: unsigned(one, "NONE")),
    "alg_absent": ("algorithm", lambda one: signed(one, {"typ": "JWT"}, one.claims())),
    "alg_no_text": ("algorithm", lambda one: signed(one, {**HEAD, "alg": ["RS256"]}, one.claims())),
    "HS256_with_the_public_key_as_PEM": ("algorithm", lambda one: with_secret(one, "HS256", pem(one))),
    "HS256_with_the_public_key_as_JWK": (
        "algorithm",
        lambda one: with_secret(one, "HS256", json.dumps(one.keys[0]).encode()),
    ),
    "RS256_over_a_MAC": ("signature", lambda one: with_secret(one, "RS256", pem(one))),
    "RS512_which_is_not_pinned": ("algorithm", lambda one: jwt.encode(one.claims(), one.rsa, "RS512")),
    "ES256_over_an_RSA_key": ("key", lambda one: signed(one, {**HEAD, "alg": "ES256"}, one.claims())),
    "no_signature": ("signature", lambda one: one.token().rpartition(".")[0] + "."),
    "another_s_signature": (
        "signature",
        lambda one: one.token().rpartition(".")[0] + "." + one.token("eve").rpartition(".")[2],
    ),
    "changed_claims": (
        "signature",
        lambda one: f"{one.token().split('.')[0]}.{part(one.claims('eve'))}.{one.token().split('.')[2]}",
    ),
    "wrong_audience": ("audience", lambda one: one.token(aud="https://other.example")),
    "audience_of_others_in_a_list": ("audience", lambda one: one.token(aud=["a", "b"])),
    "audience_a_beginning_of_ours": ("audience", lambda one: one.token(aud=AUDIENCE[:-1])),
    "no_audience": ("audience", lambda one: one.token(aud=None)),
    "audience_no_text": ("audience", lambda one: one.sign({**one.claims(), "aud": {AUDIENCE: True}})),
    "wrong_issuer": ("issuer", lambda one: signed(one, HEAD, one.claims(iss="https://evil.example"))),
    "issuer_with_a_slash_more": ("issuer", lambda one: signed(one, HEAD, one.claims(iss=one.url + "/"))),
    "issuer_in_a_list": ("issuer", lambda one: signed(one, HEAD, one.claims(iss=[one.url]))),
    "no_issuer": ("issuer", lambda one: one.token(iss=None)),
    "expired": ("expired", lambda one: one.token(exp=int(time.time()) - HOUR_S)),
    "no_expiry": ("claims", lambda one: one.token(exp=None)),
    "expiry_a_text": ("claims", lambda one: signed(one, HEAD, one.claims(exp="9999999999"))),
    "expiry_infinite": (
        "claims",
        lambda one: signed(one, HEAD, json.dumps(one.claims(exp=7)).replace(": 7", ": 1e999").encode()),
    ),
    "expiry_not_a_number": (
        "form",
        lambda one: signed(one, HEAD, json.dumps(one.claims(exp=7)).replace(": 7", ": NaN").encode()),
    ),
    "nbf_in_the_future": ("not-yet-valid", lambda one: one.token(nbf=int(time.time()) + HOUR_S)),
    "iat_in_the_future": ("not-yet-valid", lambda one: one.token(iat=int(time.time()) + HOUR_S)),
    "no_iat": ("claims", lambda one: one.token(iat=None)),
    "kid_a_path": ("key", lambda one: one.token(head={"kid": "../../../../dev/null"})),
    "kid_an_address": ("key", lambda one: one.token(head={"kid": "http://127.0.0.1:9/keys"})),
    "kid_SQL": ("key", lambda one: one.token(head={"kid": "' OR 1=1 --"})),
    "kid_empty": ("key", lambda one: one.token(head={"kid": ""})),
    "kid_long": ("key", lambda one: one.token(head={"kid": "k" * 300})),
    "kid_a_number": ("key", lambda one: signed(one, {**HEAD, "kid": 1}, one.claims())),
    "kid_unknown": ("key", lambda one: one.token(head={"kid": "rsa-2"})),
    "jwk_in_the_head": ("signature", by_another),
    "x5c_in_the_head": ("signature", lambda one: by_another(one, x5c=["MIIB"])),
    "no_subject": ("subject", lambda one: one.token(sub=None)),
    "subject_empty": ("subject", lambda one: one.token("")),
    "subject_a_number": ("subject", lambda one: signed(one, HEAD, one.claims(sub=7))),
    "subject_long": ("subject", lambda one: one.token("s" * 256)),
    "oversized": ("size", lambda one: one.token(groups=["g" * 100] * 100)),
    "crit": ("critical", lambda one: signed(one, {**HEAD, "crit": ["b64"], "b64": True}, one.claims())),
    "crit_empty": ("critical", lambda one: signed(one, {**HEAD, "crit": []}, one.claims())),
    "typ_of_a_logout": ("type", lambda one: one.token(head={"typ": "logout+jwt"})),
    "typ_of_a_proof_of_possession": ("type", lambda one: one.token(head={"typ": "dpop+jwt"})),
    "typ_a_number": ("type", lambda one: signed(one, {**HEAD, "typ": 1}, one.claims())),
    "name_twice_in_the_head": ("form", lambda one: signed(one, twice("alg", HEAD), one.claims())),
    "name_twice_in_the_claims": ("form", lambda one: signed(one, HEAD, twice("sub", one.claims()))),
    "head_no_object": ("form", lambda one: signed(one, b'"RS256"', one.claims())),
    "claims_no_object": ("form", lambda one: signed(one, HEAD, b"[]")),
    "claims_nested_deeply": ("form", lambda one: signed(one, HEAD, b"[" * 5_000)),
    "claims_no_UTF_8": ("form", lambda one: signed(one, HEAD, b'{"sub": "\xff"}')),
    "five_parts": ("form", lambda one: one.token() + ".a.b"),
    "two_parts": ("form", lambda one: one.token().rpartition(".")[0]),
    "padded": ("form", lambda one: one.token() + "=="),
    "a_space_in_it": ("form", lambda one: one.token() + " x"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_A18_is_refused_with_the_check_that_failed(world: World, issuer: LocalIssuer, attack: str) -> None:
    check, make = ATTACKS[attack]
    answer = ask(world, make(issuer))
    told = answer.json()
    assert (answer.status_code, told["type"], told["check"]) == (401, "/problems/no-valid-token", check), answer.text
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="throughline", error="invalid_token"')
    for leak in (*LEAKS, issuer.url, AUDIENCE):
        assert leak not in answer.text
        assert leak not in answer.headers["WWW-Authenticate"]


def test_A18_every_check_is_attacked() -> None:
    assert {check for check, _ in ATTACKS.values()} == set(CHECKS)


def test_A18_the_oversized_one_is_over_the_bound_and_one_below_it_is_taken(world: World, issuer: LocalIssuer) -> None:
    assert len(ATTACKS["oversized"][1](issuer)) > TOKEN_CHARS_MAX
    large = issuer.token(groups=["g" * 100] * 50)
    assert TOKEN_CHARS_MAX // 2 < len(large) < TOKEN_CHARS_MAX
    assert ask(world, large).status_code == 200


@pytest.mark.parametrize("header", ["jku", "x5u"])
def test_A18_an_address_of_keys_in_the_head_is_never_asked(world: World, issuer: LocalIssuer, header: str) -> None:
    with local_issuer() as evil:
        evil.keys = [public(evil.rsa, "rsa-1")]
        token = jwt.encode(issuer.claims(), evil.rsa, "RS256", headers={"kid": "rsa-1", header: f"{evil.url}/keys"})
        answer = ask(world, token)
        assert (answer.status_code, answer.json()["check"]) == (401, "signature")
        assert evil.asked == []


def test_A18_keys_that_are_made_up_make_nobody_fetch_more_than_once_in_a_while(
    world: World, issuer: LocalIssuer
) -> None:
    assert ask(world, issuer.token()).status_code == 200
    issuer.asked.clear()
    began = time.monotonic()
    for turn in range(40):
        assert ask(world, issuer.token(head={"kid": f"made-up-{turn}"})).json()["check"] == "key"
    fetches_max = int(time.monotonic() - began) + 1  # one a second in this test's service
    assert issuer.asked.count("/keys") <= fetches_max < 40
