"""The service with an issuer of identity tokens beside it, both on loopback."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from service.oidc.mapping import party_of
from service.settings import read_settings
from tests.conftest import Server, _database
from tests.http.conftest import World, served, settle
from tests.oidc.issuing import AUDIENCE, LocalIssuer, local_issuer
from tests.running import PLAIN


@pytest.fixture(scope="session")
def issuer() -> Iterator[LocalIssuer]:
    with local_issuer() as running:
        yield running


@contextmanager
def with_issuer(server: Server, template: str, data: str, issuer: LocalIssuer, **settings: str) -> Iterator[World]:
    """A service that takes the issuer's tokens for its first workspace, whose member Ada is the subject `ada`."""
    with contextmanager(_database)(server, template) as database:
        read = read_settings({"THROUGHLINE_DATA": data})
        here, elsewhere = asyncio.run(settle(database, read))
        told = {
            "THROUGHLINE_DATA": data,
            "THROUGHLINE_WRONG_KEYS_PER_MINUTE": "0",
            "THROUGHLINE_OIDC_ISSUER": issuer.url,
            "THROUGHLINE_OIDC_AUDIENCE": AUDIENCE,
            "THROUGHLINE_OIDC_ALGORITHMS": "RS256,ES256,EdDSA",
            "THROUGHLINE_OIDC_WORKSPACE": str(here.id),
            "THROUGHLINE_OIDC_REFETCH_S": "1",
            **{f"THROUGHLINE_{name.upper()}": value for name, value in settings.items()},
        }
        read = read_settings({name: value for name, value in told.items() if value})
        with served(database, read) as url:
            yield World(url, database, read, here, elsewhere)


@pytest.fixture(scope="session")
def world(
    server: Server, template: str, issuer: LocalIssuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    data = str(tmp_path_factory.mktemp("data"))
    with with_issuer(server, template, data, issuer) as world:
        added = {"name": "Ada", "role": "member", "party_id": str(party_of(issuer.url, "ada"))}
        answer = httpx.post(f"{world.url}/v1/members", json=added, headers=world.here.owner.headers)
        assert answer.status_code == 201, answer.text
        yield world


def ask(world: World, token: str, path: str = "/v1/me") -> httpx.Response:
    return httpx.get(f"{world.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=20, verify=PLAIN)
