"""The address of a receiver as it is written: what is never called is refused here, before anything is looked up."""

from collections.abc import Sequence

import httpx

from service.ledger.refusals import AddressRefused
from service.ledger.webhooks.addresses import URL_CHARS_MAX, Network, demand_allowed, literal

PORTS = range(1, 65_536)


def read_url(text: str, networks: Sequence[Network]) -> httpx.URL:
    """The address of a receiver; raises `AddressRefused` when it is never called. Looks nothing up."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused("It is no URL.") from None
    if not (text.isascii() and text.isprintable()) or len(text) > URL_CHARS_MAX:
        raise AddressRefused(f"It has other characters than printable ASCII, or more than {URL_CHARS_MAX}.")
    if url.scheme != "https" and not (url.scheme == "http" and networks):
        raise AddressRefused("It does not begin with https://.")
    if url.userinfo or "@" in text.partition("//")[2].partition("/")[0]:
        raise AddressRefused("It holds a name or a password; the signature says who sends.")
    if url.fragment or "#" in text:
        raise AddressRefused("It has a fragment, which is never sent.")
    if not url.host:
        raise AddressRefused("It names no host.")
    if url.port is not None and url.port not in PORTS:
        raise AddressRefused("It names a port that there is not.")
    named = literal(url.host)
    if named is not None:
        demand_allowed(named, url, networks)
    return url
