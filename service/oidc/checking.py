"""Checks of one identity token: its head, its signature under a key that others found, its claims. Fetches nothing.

What a token says of keys and where they are (`jku`, `jwk`, `x5u`, `x5c`) is never looked at.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

import jwt
from msgspec import Struct

from service.oidc.keyset import KID_CHARS_MAX
from service.oidc.refusals import Check, TokenRefused

# Tokens with a hundred groups in them have about 4 KiB; whoever needs more maps groups to few at the issuer.
TOKEN_CHARS_MAX = 8_192
SUBJECT_CHARS_MAX = 255  # OpenID Connect Core 1.0, section 2
YEAR_9999_S = 253_402_300_799
# Of access tokens (RFC 9068) and of those before it; a token of another type was made for something else.
TYPES = ("jwt", "at+jwt")
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
_DETAIL: Mapping[Check, str] = {
    "size": f"An identity token has at most {TOKEN_CHARS_MAX} characters.",
    "form": "The token is not a signed JWT in compact form, of two JSON objects without duplicate names.",
    "algorithm": "The token is not signed with an algorithm that is taken here.",
    "type": "The token's type is neither JWT nor at+jwt.",
    "critical": "The token demands an extension (`crit`), and none is known here.",
    "key": "The token does not name one of the issuer's keys.",
    "signature": "The token's signature is not the issuer's.",
    "issuer": "The token is of another issuer.",
    "audience": "The token is not meant for this service.",
    "subject": "The token names no subject.",
    "claims": "A claim that is needed is absent, or not of its type.",
    "not-yet-valid": "The token is not valid yet.",
    "expired": "The token has expired.",
}
_CHECK_OF: tuple[tuple[type[Exception], Check], ...] = (
    (jwt.InvalidSignatureError, "signature"),
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.ImmatureSignatureError, "not-yet-valid"),
    (jwt.InvalidAudienceError, "audience"),
    (jwt.InvalidIssuerError, "issuer"),
    (jwt.exceptions.InvalidSubjectError, "subject"),
    (jwt.InvalidAlgorithmError, "algorithm"),
    (jwt.DecodeError, "form"),
)


class Head(Struct, frozen=True):
    """What a token says of its signature."""

    algorithm: str
    kid: str | None


class Demands(Struct, frozen=True):
    """What every token must fit."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    leeway: timedelta


def refused(check: Check) -> TokenRefused:
    return TokenRefused(check, _DETAIL[check])


def read_head(token: str, demands: Demands) -> Head:
    """The head of a token in the right form; raises `TokenRefused`."""
    if len(token) > TOKEN_CHARS_MAX:
        raise refused("size")
    if not _FORM.fullmatch(token):
        raise refused("form")
    head = _object(token.partition(".")[0])
    algorithm, kid, kind = head.get("alg"), head.get("kid"), head.get("typ", "JWT")
    if algorithm not in demands.algorithms:
        raise refused("algorithm")
    if "crit" in head:
        raise refused("critical")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in TYPES:
        raise refused("type")
    if kid is not None and not (isinstance(kid, str) and 1 <= len(kid) <= KID_CHARS_MAX):
        raise refused("key")
    return Head(algorithm, kid)


def check(token: str, head: Head, key: jwt.PyJWK, demands: Demands) -> dict[str, Any]:
    """The claims of a token whose signature and times are right, and which is meant for us; raises `TokenRefused`."""
    _demand_numbers(_object(token.split(".")[1]))
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[head.algorithm],
            audience=demands.audience,
            issuer=demands.issuer,
            leeway=demands.leeway,
            options={"require": REQUIRED},
        )
    except jwt.MissingRequiredClaimError as fault:
        missing: dict[str, Check] = {"sub": "subject", "aud": "audience", "iss": "issuer"}
        raise refused(missing.get(fault.claim, "claims")) from None
    except jwt.InvalidTokenError as fault:
        raise refused(next((name for kind, name in _CHECK_OF if isinstance(fault, kind)), "claims")) from None
    if not 1 <= len(claims["sub"]) <= SUBJECT_CHARS_MAX:
        raise refused("subject")
    return claims


def _demand_numbers(claims: Mapping[str, Any]) -> None:
    """Times are numbers of seconds up to the year 9999; Python would take texts, and stumble over infinity."""
    for name in ("exp", "iat", "nbf"):
        value = claims.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= YEAR_9999_S:
            raise refused("claims")


def _object(part: str) -> dict[str, Any]:
    """One part of a token as a JSON object, read strictly: of two members with one name, which one counts?"""
    try:
        found = json.loads(
            urlsafe_b64decode(part + "=" * (-len(part) % 4)), object_pairs_hook=_members, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise refused("form") from None
    if not isinstance(found, dict):
        raise refused("form")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
