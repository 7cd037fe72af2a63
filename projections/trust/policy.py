"""The policies that trust and signals are reckoned under: published, versioned, never changed once published."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct


class Policy(Struct, frozen=True, kw_only=True):
    """One published set of rules. `silence_days` is how many days without the buyer count as silence."""

    name: str
    version: int
    silence_days: int

    @property
    def key(self) -> str:
        """How a question names it, such as `trust/1`."""
        return f"{self.name}/{self.version}"


TRUST_1 = Policy(name="trust", version=1, silence_days=7)

DEFAULT = TRUST_1
POLICIES: Mapping[str, Policy] = MappingProxyType({policy.key: policy for policy in (TRUST_1,)})
