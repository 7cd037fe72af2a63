"""One JSON document from the issuer, within bounds of time and size. No redirect is followed."""

import asyncio
import json
from typing import Any

import httpx

# An issuer in another part of the world answers in a second; whoever calls with a new key waits for it.
FETCH_DEADLINE_S = 5.0
# A discovery document has about 4 KiB, a set of five keys with certificates about 15.
DOCUMENT_BYTES_MAX = 128 * 1024


class NotFetched(Exception):
    """The document could not be had; the sentence says why, for the log."""


async def fetch_json(client: httpx.AsyncClient, url: str) -> Any:
    """The document at `url`; raises `NotFetched`."""
    try:
        async with asyncio.timeout(FETCH_DEADLINE_S), client.stream("GET", url) as answer:
            if answer.status_code != 200:
                raise NotFetched(f"{url} answered {answer.status_code}")
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > DOCUMENT_BYTES_MAX:
                    raise NotFetched(f"{url} answered with more than {DOCUMENT_BYTES_MAX} bytes")
        return json.loads(bytes(body))
    except TimeoutError:
        raise NotFetched(f"{url} did not answer in {FETCH_DEADLINE_S:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as failure:
        raise NotFetched(f"{url}: {type(failure).__name__}") from None


def new_client(issuer: str) -> httpx.AsyncClient:
    """A client for the issuer. Proxies and certificates are the environment's, except for an issuer on this machine."""
    return httpx.AsyncClient(
        follow_redirects=False,
        timeout=FETCH_DEADLINE_S,
        trust_env=issuer.startswith("https://"),
        headers={"accept": "application/json", "accept-encoding": "identity"},
    )
