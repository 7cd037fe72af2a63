"""The issuer's public keys, as a JWK set (RFC 7517) tells them. Only what may check a signature is taken from it."""

from collections.abc import Mapping
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

Algorithm = Literal["RS256", "ES256", "EdDSA"]
"""All that may be pinned. None of them is symmetric: the public key can never be taken for a shared secret."""

# Issuers publish two to five keys; of more, the rest is not looked at.
KEYS_MAX = 100
KID_CHARS_MAX = 256
# NIST SP 800-131A: shorter ones are not taken for signatures any more; longer ones than 8192 bits only cost time.
RSA_BITS_MIN, RSA_BITS_MAX = 2_048, 8_192

_KINDS: Mapping[tuple[str, str | None], tuple[Algorithm, tuple[str, ...]]] = {
    ("RSA", None): ("RS256", ("n", "e")),
    ("EC", "P-256"): ("ES256", ("crv", "x", "y")),
    ("OKP", "Ed25519"): ("EdDSA", ("crv", "x")),
}


class KeySet:
    """Keys by what a token's head says of them: its algorithm, and its `kid` if it has one."""

    def __init__(self, document: Any = None) -> None:
        told = document.get("keys") if isinstance(document, dict) else None
        self._keys: dict[tuple[Algorithm, str | None], list[jwt.PyJWK]] = {}
        self._told: list[Any] = []
        for one in told[:KEYS_MAX] if isinstance(told, list) else ():
            if (found := _usable(one)) is not None:
                algorithm, kid, key = found
                self._keys.setdefault((algorithm, kid), []).append(key)
                self._told.append(one)

    def __len__(self) -> int:
        return len(self._told)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KeySet) and self._told == other._told

    __hash__ = None  # type: ignore[assignment]  # it is compared, and never a key of anything

    def find(self, algorithm: str, kid: str | None) -> jwt.PyJWK | None:
        """The one key that is meant; None when there is none, or when more than one could be meant."""
        if kid is None:
            meant = [key for (one, _), keys in self._keys.items() if one == algorithm for key in keys]
        else:
            meant = self._keys.get((algorithm, kid), [])  # type: ignore[arg-type]  # any other text is just not there
        return meant[0] if len(meant) == 1 else None


def _usable(told: Any) -> tuple[Algorithm, str | None, jwt.PyJWK] | None:
    """A public key for signatures of a kind that may be pinned; all else in a set is for others.

    Only the numbers of the key are read: certificates and addresses in it (`x5c`, `x5u`) mean nothing here.
    """
    if not isinstance(told, dict) or told.get("use", "sig") != "sig" or "d" in told:
        return None
    operations = told.get("key_ops", ["verify"])
    kid, curve = told.get("kid"), told.get("crv")
    kind = _KINDS.get((str(told.get("kty")), None if curve is None else str(curve)))
    if kind is None or not isinstance(operations, list) or "verify" not in operations:
        return None
    algorithm, members = kind
    if told.get("alg", algorithm) != algorithm or not (kid is None or _is_kid(kid)):
        return None
    numbers = {name: told.get(name) for name in members}
    if not all(isinstance(value, str) for value in numbers.values()):
        return None
    try:
        key = jwt.PyJWK({"kty": told["kty"], **numbers}, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(key.key, RSAPublicKey) and not RSA_BITS_MIN <= key.key.key_size <= RSA_BITS_MAX:
        return None
    return algorithm, kid, key


def _is_kid(kid: Any) -> bool:
    return isinstance(kid, str) and 1 <= len(kid) <= KID_CHARS_MAX
