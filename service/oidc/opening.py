"""What identity tokens need while the service runs: a client, the issuer's keys, and who their holders are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import cast

from projections.members import MemberRole
from service.ledger.ledger import Ledger
from service.oidc.checking import Demands
from service.oidc.fetching import fetch_json, new_client
from service.oidc.identities import TokenIdentities
from service.oidc.issuer import Issuer
from service.oidc.mapping import Mapped
from service.settings import Settings


@asynccontextmanager
async def token_identities(settings: Settings, ledger: Ledger) -> AsyncIterator[TokenIdentities]:
    """Who shows tokens of the issuer that the settings name. Its keys are being fetched meanwhile."""
    url, audience = settings.oidc_issuer, settings.oidc_audience
    if url is None or audience is None:
        raise TypeError("no issuer is set")
    async with new_client(url) as client:
        issuer = Issuer(url, settings.oidc_jwks_url, settings.oidc_refetch_s, partial(fetch_json, client))
        demands = Demands(url, audience, settings.oidc_algorithms, timedelta(seconds=settings.oidc_leeway_s))
        mapped = Mapped(
            issuer=url,
            workspace=settings.oidc_workspace,
            workspace_claim=settings.oidc_workspace_claim,
            party_claim=settings.oidc_party_claim,
            role_claim=settings.oidc_role_claim,
            roles=cast("tuple[tuple[str, MemberRole], ...]", settings.oidc_roles),
        )
        tokens = TokenIdentities(ledger, issuer, demands, mapped, may_join=settings.oidc_members == "join")
        ledger.tickets.of_member = tokens.holder
        issuer.look_after()
        try:
            yield tokens
        finally:
            await issuer.close()
