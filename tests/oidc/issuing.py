"""An OpenID Connect issuer on loopback, as far as tokens need one: it tells its keys and where they are, and signs."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as new_rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

AUDIENCE = "https://throughline.example"


def rsa_key(bits: int = 2_048) -> RSAPrivateKey:
    return new_rsa_key(65_537, bits)


def public(key: Any, kid: str | None, **more: Any) -> dict[str, Any]:
    """A key as a JWK set tells it."""
    algorithm: Any = (
        RSAAlgorithm
        if isinstance(key, RSAPrivateKey)
        else OKPAlgorithm
        if isinstance(key, Ed25519PrivateKey)
        else ECAlgorithm
    )
    told = algorithm.to_jwk(key.public_key(), as_dict=True)
    told.pop("key_ops", None)
    return {**told, "use": "sig", **({} if kid is None else {"kid": kid}), **more}


class LocalIssuer:
    """Its answers can be changed by a test; `asked` has every path that was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.rsa, self.ec, self.ed = rsa_key(), new_ec_key(SECP256R1()), Ed25519PrivateKey.generate()
        self.reset()

    def reset(self) -> None:
        self.keys = [public(self.rsa, "rsa-1"), public(self.ec, "ec-1"), public(self.ed, "ed-1")]
        self.answers: dict[str, Callable[[], tuple[int, bytes]]] = {
            "/.well-known/openid-configuration": lambda: (
                200,
                json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/keys"}).encode(),
            ),
            "/keys": lambda: (200, json.dumps({"keys": self.keys}).encode()),
        }
        self.asked.clear()

    def claims(self, subject: str = "ada", **more: Any) -> dict[str, Any]:
        now = int(time.time())
        said = {"iss": self.url, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300, **more}
        return {name: value for name, value in said.items() if value is not None}

    def token(self, subject: str = "ada", *, head: dict[str, Any] | None = None, **more: Any) -> str:
        """A token as the issuer would make it; `more` are claims, those that are None are left out."""
        return self.sign(self.claims(subject, **more), head=head)

    def sign(self, claims: dict[str, Any], *, head: dict[str, Any] | None = None) -> str:
        return jwt.encode(claims, self.rsa, "RS256", headers={"kid": "rsa-1", **(head or {})})


@contextmanager
def local_issuer() -> Iterator[LocalIssuer]:
    """An issuer that answers on a free port of loopback."""
    found: list[LocalIssuer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer = found[0]
            issuer.asked.append(self.path)
            status, body = issuer.answers.get(self.path, lambda: (404, b"{}"))()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.append(LocalIssuer(f"http://127.0.0.1:{server.server_address[1]}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield found[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
