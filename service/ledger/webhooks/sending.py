"""One message sent once: to the address that was checked, within bounds of time and size, and nowhere else."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import parsedate_to_datetime
from time import perf_counter

import httpx

from service import __version__
from service.ledger.refusals import AddressRefused
from service.ledger.webhooks.addresses import Address, Resolver
from service.ledger.webhooks.records import Outcome, Sent
from service.ledger.webhooks.schedule import TOTAL_S

# A host that is there answers a connection at once; the other addresses of one that does not are yet to be tried.
CONNECT_S = 5.0
# What is read of an answer, so that the connection can be used again; of a longer one, nothing more.
ANSWER_BYTES_MAX = 16_384
# A connection to an address that was checked is used for this long before the name is looked up again.
CHECKED_S = 30.0

_TIMEOUTS = {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": TOTAL_S}
_LIMITS = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=CHECKED_S)


def trusted() -> ssl.SSLContext:
    """The authorities that the public internet trusts; a file of a thousand certificates is read for it."""
    return httpx.create_ssl_context()


class Sender:
    """Sends to one webhook, one message at a time, over one connection of its own."""

    def __init__(self, url: str, resolver: Resolver, trust: ssl.SSLContext) -> None:
        self._url = httpx.URL(url)
        self._resolver = resolver
        self._transport = httpx.AsyncHTTPTransport(verify=trust, limits=_LIMITS, trust_env=False)
        self._checked: list[Address] = []
        self._checked_until = 0.0

    async def send(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sent:
        """Send it once. What goes wrong is an outcome, not an exception."""
        began = perf_counter()
        status, retry_after = None, None
        outcome: Outcome
        try:
            async with asyncio.timeout(TOTAL_S):
                status, retry_after = await self._answered(headers, body)
            outcome = _judged(status)
        except AddressRefused:
            outcome = "address-refused"
        except (TimeoutError, httpx.TimeoutException):
            outcome = "timed-out"
        except (OSError, httpx.HTTPError, httpx.InvalidURL):
            outcome = "unreachable"
        if outcome != "delivered":
            self._checked = []
        took_ms = round((perf_counter() - began) * 1e3)
        return Sent(outcome, took_ms, status, None if retry_after is None else seconds_of(retry_after, now))

    async def close(self) -> None:
        with suppress(OSError, httpx.HTTPError):
            await self._transport.aclose()

    async def _answered(self, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None]:
        """The status of the answer and its Retry-After. What cannot be connected to is tried at the next address."""
        addresses = await self._addresses()
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._post(address, headers, body)
        return await self._post(addresses[-1], headers, body)

    async def _addresses(self) -> list[Address]:
        now = asyncio.get_running_loop().time()
        if not self._checked or now >= self._checked_until:
            self._checked = await self._resolver.addresses(self._url)
            self._checked_until = now + CHECKED_S
        if not self._checked:
            raise OSError("the host has no address")
        return self._checked

    async def _post(self, address: Address, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None]:
        url = self._url
        request = httpx.Request(
            "POST",
            url.copy_with(host=str(address)),
            headers={
                "Host": url.netloc.decode("ascii"),
                "User-Agent": f"throughline/{__version__}",
                "Accept-Encoding": "identity",
                **headers,
            },
            content=body,
            # The certificate must be the host's, whatever address it has.
            extensions={"timeout": _TIMEOUTS, "sni_hostname": url.raw_host.decode("ascii").strip("[]")},
        )
        response = await self._transport.handle_async_request(request)
        try:
            await _read_on(response)
            return response.status_code, response.headers.get("retry-after")
        finally:
            await response.aclose()


async def _read_on(response: httpx.Response) -> None:
    """Read an answer to its end or to its bound. An answer that breaks off has told its status before."""
    size = 0
    with suppress(httpx.TransportError):
        async for part in response.aiter_raw():
            size += len(part)
            if size > ANSWER_BYTES_MAX:
                return


def _judged(status: int) -> Outcome:
    if 200 <= status < 300:
        return "delivered"
    return "redirected" if 300 <= status < 400 else "refused"


def seconds_of(retry_after: str, now: datetime) -> float | None:
    """What a Retry-After header asks for, in seconds from now; None when it asks for nothing that can be read."""
    text = retry_after.strip()[:40]
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else max(0.0, (moment - now).total_seconds())
