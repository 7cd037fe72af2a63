"""What may keep an identity token from opening anything.

TokenRefused        a check failed: 401; `check` says which
TokenOpensNothing   the token is good, but whom it names may not come in: 403
IssuerUnavailable   there are no keys to check it with: 503
"""

from typing import Literal, get_args
from uuid import UUID

Check = Literal[
    "size",
    "form",
    "algorithm",
    "type",
    "critical",
    "key",
    "signature",
    "issuer",
    "audience",
    "subject",
    "claims",
    "not-yet-valid",
    "expired",
]

CHECKS: tuple[Check, ...] = get_args(Check)


class TokenRefused(Exception):
    """A check of the token itself failed."""

    def __init__(self, check: Check, detail: str) -> None:
        super().__init__(detail)
        self.check = check
        self.detail = detail


class TokenOpensNothing(Exception):
    """Nobody here is whom the token names. `party_id` is told to the token's holder, for the owner who adds them."""

    def __init__(self, detail: str, party_id: UUID | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.party_id = party_id


class IssuerUnavailable(Exception):
    """The issuer's keys could not be had."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"again in {retry_after_s} s")
        self.retry_after_s = retry_after_s
