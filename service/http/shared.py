"""What all requests of one process share. Nothing of a single request may enter."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.clock import Clock
from service.http.limits import Limits
from service.http.request_log import RequestLog
from service.ledger.ledger import Ledger
from service.policies import Registry
from service.settings import Settings

if TYPE_CHECKING:  # it brings a client and cryptography, which a service without an issuer does not need
    from service.oidc.identities import TokenIdentities


@dataclass(slots=True)
class Shared:
    """`requests` is there once the routes are known, `ledger` once it is open; `tokens` while an issuer's are taken."""

    settings: Settings
    clock: Clock
    policies: Registry
    limits: Limits
    requests: RequestLog = field(init=False)
    ledger: Ledger = field(init=False)
    tokens: "TokenIdentities | None" = None
    stopping: bool = False

    def stop(self) -> None:
        """Readiness turns, and streams end, which would hold their connections for ever."""
        self.stopping = True
        if hasattr(self, "ledger"):
            self.ledger.followers.stop()
