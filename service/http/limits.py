"""How often a key and an address may call, and an address may guess. Memory is bounded; nothing is shared or stored.

Each process counts by itself: behind several of them a caller gets up to that many times the limit.
"""

import logging
import time
from collections.abc import Callable, Hashable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil

from litestar.types import Scope

from service.http.problems import too_many_requests
from service.settings import Settings

log = logging.getLogger("throughline.http")

# Twice what a second allows at once: a page that asks for a dozen things when it opens is no attack.
BURST_S = 2.0
# Callers remembered at once, at about 200 bytes each. Of more, those who owe least are forgotten, and begin anew.
CALLERS_MAX = 20_000
FORGOTTEN_SHARE = 4  # a quarter at a time, so that forgetting costs little per caller
# Whoever has one IPv6 address usually has 2^64 of them.
NETWORK_BITS = 64
ADDRESSES_READ_MAX = 4_096
# Of one call: the moments are sums of floats, and the last call of a burst must not fail by their rounding.
ROUNDING = 1e-3


class Budget:
    """A token bucket for each caller: `rate_per_s` calls a second in the long run, `burst` of them at once.

    Kept as the one moment at which the bucket would be full again (the generic cell rate algorithm, ITU-T I.371).
    """

    def __init__(
        self,
        rate_per_s: float,
        burst: float,
        callers_max: int = CALLERS_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interval_s = 1 / rate_per_s
        self._ahead_max_s = (max(0.0, burst - 1) + ROUNDING) * self._interval_s
        self._callers_max = callers_max
        self._monotonic = monotonic
        self._full_at: dict[Hashable, float] = {}

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_s(self, caller: Hashable) -> float:
        """Seconds until the caller may call; 0 when that is now. Nothing is spent."""
        return max(0.0, self._full_at.get(caller, 0.0) - self._monotonic() - self._ahead_max_s)

    def spend(self, caller: Hashable) -> float:
        """One call of the caller: 0 and it is spent; or the seconds until it may be, and it is not."""
        now = self._monotonic()
        full_at = self._full_at.get(caller, 0.0)
        if full_at < now:
            full_at = now
        elif full_at - now > self._ahead_max_s:
            return full_at - now - self._ahead_max_s
        self._full_at[caller] = full_at + self._interval_s
        if len(self._full_at) > self._callers_max:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Forget the callers whose buckets are full, which changes nothing; and if they are few, the nearest to it."""
        owing = {caller: full_at for caller, full_at in self._full_at.items() if full_at > now}
        keep_max = self._callers_max - self._callers_max // FORGOTTEN_SHARE
        if len(owing) > keep_max:
            owing = dict(sorted(owing.items(), key=lambda one: one[1])[-keep_max:])
        self._full_at = owing


class Limits:
    """The limits of one process."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._keys = _per_second(settings.key_requests_per_s, monotonic)
        self._addresses = _per_second(settings.address_requests_per_s, monotonic)
        a_minute = settings.wrong_keys_per_minute
        self._guesses = Budget(a_minute / 60, a_minute, monotonic=monotonic) if a_minute else None

    def called_from(self, scope: Scope) -> None:
        """Count a call for its address; a 429 problem when there are too many."""
        if self._addresses is not None and (wait_s := self._addresses.spend(address_of(scope))):
            raise too_many_requests("This address calls too often.", ceil(wait_s))

    def called_by(self, key: Hashable) -> None:
        """Count a call for its key; a 429 problem when there are too many."""
        if self._keys is not None and (wait_s := self._keys.spend(key)):
            raise too_many_requests("This key calls too often.", ceil(wait_s))

    def may_guess(self, scope: Scope, shown: str, is_known: Callable[[str], bool]) -> None:
        """A 429 problem when the address has shown too many wrong keys lately, save when the one shown `is_known`."""
        if self._guesses and (wait_s := self._guesses.wait_s(address_of(scope))) and not is_known(shown):
            raise too_many_requests("This address has shown too many wrong keys.", ceil(wait_s))

    def guessed(self, scope: Scope) -> None:
        """Count a wrong key for its address, and log that it was shown: the address, never the key."""
        if self._guesses is not None:
            address = address_of(scope)
            self._guesses.spend(address)
            log.warning("wrong key shown", extra={"address": address})


def address_of(scope: Scope) -> str:
    """Whom an address stands for: an IPv4 address, or an IPv6 network. The peer's own, never what a header claims."""
    client = scope["client"]
    return "" if client is None else _network(client[0])


@lru_cache(maxsize=ADDRESSES_READ_MAX)
def _network(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS)}/{NETWORK_BITS}"


def _per_second(rate: int, monotonic: Callable[[], float]) -> Budget | None:
    return Budget(rate, rate * BURST_S, monotonic=monotonic) if rate else None
