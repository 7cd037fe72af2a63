"""Which addresses may be called: those of the public internet, and the networks that the service's operator allows.

A name is looked up before it is called, and what it stands for is judged, not the name; what is then connected to is
the address that was judged. Look-ups have threads of their own: one that hangs keeps no request waiting.
"""

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from service.ledger.refusals import AddressRefused

if TYPE_CHECKING:  # loaded when something is sent
    import httpx

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

URL_CHARS_MAX = 2_048  # what proxies and servers commonly take of an address
# Names that are looked up at once; and how long one look-up is waited for.
LOOKUPS_MAX = 8
LOOKUP_S = 5.0
# A host with more addresses than this is tried at the first of them.
ADDRESSES_MAX = 3

_UNICAST_6 = IPv6Network("2000::/3")
# Parts of it that stand for other addresses or for none: 6to4, and the newer range for documentation.
_NOT_UNICAST_6 = (IPv6Network("2002::/16"), IPv6Network("3fff::/20"))
_TRANSLATED = IPv6Network("64:ff9b::/96")
# The former anycast address of 6to4 relays.
_RELAYS = IPv4Network("192.88.99.0/24")


def is_public(address: Address) -> bool:
    """Whether an address is one of a single host on the public internet."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast and not address.is_reserved and address not in _RELAYS
    inner = inner_address(address)
    if inner is not None:
        return is_public(inner)
    return (
        address in _UNICAST_6
        and address.is_global
        and not address.is_multicast
        and not any(address in network for network in _NOT_UNICAST_6)
    )


def inner_address(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that is really called by an IPv6 one that maps or translates it."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFF_FFFF) if address in _TRANSLATED else None


def is_allowed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address is in one of the networks that the operator allows."""
    inner = inner_address(address) if isinstance(address, IPv6Address) else None
    return any((inner or address) in network for network in networks)


def demand_allowed(address: Address, url: "httpx.URL", networks: Sequence[Network]) -> None:
    """Refuse an address that is not to be called; without encryption only what is allowed by name is."""
    if not is_allowed(address, networks) and (url.scheme != "https" or not is_public(address)):
        raise AddressRefused("Its host has an address that is not called: only public ones are, over https.")


class Resolver:
    """Looks hosts up and judges what they stand for."""

    def __init__(self, networks: Sequence[Network]) -> None:
        self.networks = networks
        self._threads = ThreadPoolExecutor(LOOKUPS_MAX, thread_name_prefix="webhook-lookup")

    async def addresses(self, url: "httpx.URL") -> list[Address]:
        """What the host of a URL stands for; raises `AddressRefused` if any of it is not to be called, or `OSError`."""
        named = literal(url.host)
        found = [named] if named is not None else await self._look_up(url)
        for address in found:
            demand_allowed(address, url, self.networks)
        return found[:ADDRESSES_MAX]

    async def _look_up(self, url: "httpx.URL") -> list[Address]:
        name = url.raw_host.decode("ascii")
        loop = asyncio.get_running_loop()
        looking = loop.run_in_executor(self._threads, _known_as, name)
        async with asyncio.timeout(LOOKUP_S):
            return await looking

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _known_as(name: str) -> list[Address]:
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(place[0]).partition("%")[0]) for *_, place in found))


def literal(host: str) -> Address | None:
    """The address that a host is written as, if it is one and no name."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None
