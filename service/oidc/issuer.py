"""The issuer's keys as this process has them: fetched once, again when they get old or a token names an unknown one.

No caller can make it fetch more often than `refetch_s` says, however many keys tokens name, and all who wait, wait for
one fetch. While the issuer does not answer its keys go on being used, for `KEYS_KEPT_S` at most.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from math import ceil
from typing import Any

import jwt

from service.oidc.checking import Head, refused
from service.oidc.fetching import NotFetched
from service.oidc.keyset import KeySet
from service.oidc.refusals import IssuerUnavailable
from service.setting_kinds import secure_address

log = logging.getLogger("throughline.oidc")

# A key that the issuer takes back is noticed by then.
REFRESH_S = 600.0
# An issuer that is away over a night takes nobody's work away; one that is away for longer may have been taken over.
KEYS_KEPT_S = 86_400.0
DISCOVERY = "/.well-known/openid-configuration"

Fetch = Callable[[str], Awaitable[Any]]


class Issuer:
    """Finds the key that a token names."""

    def __init__(
        self,
        issuer: str,
        jwks_url: str | None,
        refetch_s: float,
        fetch: Fetch,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = issuer
        self._jwks_url = jwks_url
        self._refetch_s = refetch_s
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys = KeySet()
        self._fetched_at: float | None = None
        self._tried_at: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Changes with the keys: what was checked under others is to be checked again."""

    @property
    def has_keys(self) -> bool:
        self._let_go()
        return len(self._keys) > 0

    async def key(self, head: Head) -> jwt.PyJWK:
        """The issuer's key that a token is signed with; raises `TokenRefused` or `IssuerUnavailable`."""
        self.look_after()
        found = self._keys.find(head.algorithm, head.kid)
        if found is None and (fetching := self._fetch_soon()) is not None:
            await asyncio.shield(fetching)
            found = self._keys.find(head.algorithm, head.kid)
        if found is not None:
            return found
        if not self._keys:
            raise IssuerUnavailable(max(1, ceil(self._refetch_s)))
        raise refused("key")

    def look_after(self) -> None:
        """Let go of keys that are too old to be trusted, and fetch them anew, beside the calls, before they are."""
        self._let_go()
        if self._fetched_at is None or self._monotonic() - self._fetched_at >= REFRESH_S:
            self._fetch_soon()

    async def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _let_go(self) -> None:
        if self._fetched_at is not None and self._monotonic() - self._fetched_at >= KEYS_KEPT_S and self._keys:
            log.error("the issuer's keys could not be fetched for %g s: they are not trusted any more", KEYS_KEPT_S)
            self._keep(KeySet())

    def _fetch_soon(self) -> asyncio.Task[None] | None:
        """The one fetch that is under way, or a new one; None when the last was begun too short a time ago."""
        if self._fetching is not None and not self._fetching.done():
            return self._fetching
        now = self._monotonic()
        if self._tried_at is not None and now - self._tried_at < self._refetch_s:
            return None
        self._tried_at = now
        self._fetching = asyncio.create_task(self._fetch_keys())
        return self._fetching

    async def _fetch_keys(self) -> None:
        try:
            url = self._jwks_url or await self._discovered()
            keys = KeySet(await self._fetch(url))
            if not keys:
                raise NotFetched(f"{url} names no key that can be used")
        except NotFetched as failure:
            log.warning("the issuer's keys could not be fetched: %s", failure)
            return
        self._fetched_at = self._monotonic()
        if keys != self._keys:
            self._keep(keys)

    async def _discovered(self) -> str:
        url = self._issuer.rstrip("/") + DISCOVERY
        document = await self._fetch(url)
        if not isinstance(document, dict) or document.get("issuer") != self._issuer:
            raise NotFetched(f"{url} is not of the issuer that THROUGHLINE_OIDC_ISSUER names")
        try:
            return secure_address(str(document.get("jwks_uri")))
        except ValueError:
            raise NotFetched(f"{url} names no jwks_uri with https") from None

    def _keep(self, keys: KeySet) -> None:
        self._keys = keys
        self.generation += 1
