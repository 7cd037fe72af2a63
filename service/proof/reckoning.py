"""Checks score receipts: makes each again from the facts that a bundle shows. What is wrong is raised as a `Flaw`."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec
from msgspec import Struct

from domain.facts import Recorded
from projections.trust.policy import BUILT_IN, Policy
from projections.trust.published import NotAPolicy, read_policy
from service.proof.flaws import MALFORMED, POLICY, RECEIPT, UNRECKONED, Flaw
from service.proof.receipt import PolicyDocument, Receipt, differences, receipt
from service.proof.shelf import Shelf

# More than a bundle carries: what is in force, and what was asked for.
POLICIES_MAX = 50


class _Envelope(Struct, frozen=True):
    type: str


class _Published(Struct, frozen=True):
    name: str
    version: int
    digest: str | None = None


_kind = msgspec.json.Decoder(_Envelope).decode
_published = msgspec.json.Decoder(_Published).decode


class Reckoning:
    """The policies of one bundle, and receipts checked under them."""

    def __init__(self, log: str) -> None:
        self._log = log
        self._policies: dict[str, Policy] = {}
        self._own: set[str] = set()
        self.receipts = 0
        self.under: set[str] = set()
        """The policies that receipts were reckoned under: key and digest."""

    def take(self, given: PolicyDocument) -> None:
        """A policy that the bundle or a receipt brings."""
        digest = sha256(given.document.encode()).hexdigest()
        if digest != given.sha256:
            raise Flaw(POLICY, f"the digest of {given.policy} is {digest}, not {given.sha256}")
        try:
            policy = read_policy(given.document.encode())
        except NotAPolicy as fault:
            raise Flaw(POLICY, f"{given.policy} {fault}") from None
        if policy.key != given.policy:
            raise Flaw(POLICY, f"what is called {given.policy} is {policy.key}")
        known = BUILT_IN.get(policy.key) or self._policies.setdefault(policy.key, policy)
        if known.digest != policy.digest:
            raise Flaw(POLICY, f"{policy.key} is another one than that of digest {known.digest}")
        self._policies[policy.key] = policy
        if len(self._policies) > POLICIES_MAX:
            raise Flaw(MALFORMED, f"there are more than {POLICIES_MAX} policies")

    def check(self, given: Receipt, shelf: Shelf, size: int, *, own: bool) -> None:
        """Make a receipt again and compare. One of the bundle's `own` was made for its reader at its checkpoint, of
        `size` facts; another one may be of a smaller log, and of a reader who sees less."""
        if own and given.stream_id in self._own:
            raise Flaw(MALFORMED, f"there are two receipts of {given.stream_id}")
        self._own.add(given.stream_id)
        if given.log != self._log or (given.size != size if own else given.size > size):
            raise Flaw(RECEIPT, f"the receipt is of {given.size} facts of {given.log}, the bundle of {size}")
        policy = self._policy(given)
        shown, hidden = _divided(given, shelf)
        _comparable(given, shown, hidden, own=own)
        try:
            found = receipt(given.log, given.stream_id, given.size, shown, hidden, policy, given.trust.at)
        except (ArithmeticError, LookupError, AttributeError, TypeError, ValueError):
            raise Flaw(UNRECKONED, f"the facts of {given.stream_id} make no history that is known here") from None
        if found is None:
            raise Flaw(RECEIPT, f"there is no trust on {given.stream_id} at {given.trust.at.isoformat()}")
        for difference in differences(given, found):
            raise Flaw(RECEIPT, f"{given.stream_id}: {difference}")
        self.receipts += 1
        self.under.add(f"{policy.key} ({policy.digest})")

    def agree(self, shelf: Shelf, size: int) -> None:
        """Compare the policies with those that the log says were published, as far as its facts are shown."""
        for held in shelf.facts(f"workspace/{self._log.rpartition('/')[2]}", size):
            if held.envelope is None or held.structure is None or _kind(held.envelope).type != "policy.published":
                continue
            said = _published(held.structure)
            policy = self._policies.get(f"{said.name}/{said.version}")
            if policy is not None and said.digest not in (None, policy.digest):
                raise Flaw(POLICY, f"{policy.key} was published with the digest {said.digest}, and has {policy.digest}")

    def _policy(self, given: Receipt) -> Policy:
        policy = self._policies.get(given.trust.policy)
        if policy is None:
            raise Flaw(POLICY, f"the receipt of {given.stream_id} is under {given.trust.policy}, which is not here")
        if policy.digest != given.policy_sha256:
            raise Flaw(
                POLICY,
                f"the receipt of {given.stream_id} is under a {policy.key} of digest {given.policy_sha256}, the one "
                f"here has {policy.digest}",
            )
        return policy


def _divided(given: Receipt, shelf: Shelf) -> tuple[list[Recorded], list[int]]:
    """What the bundle shows of the receipt's stream, and the positions of what it does not show."""
    shown, hidden = [], []
    for held in shelf.facts(given.stream_id, given.size):
        if held.envelope is None:
            hidden.append(held.position)
        else:
            shown.append(held.record(given.stream_id))
    if not shown:
        raise Flaw(UNRECKONED, f"no fact of {given.stream_id} is shown in this bundle")
    return shown, hidden


def _comparable(given: Receipt, shown: Sequence[Recorded], hidden: Sequence[int], *, own: bool) -> None:
    """Refuse a receipt that was made from other facts than those that the bundle shows."""
    erased = {record.position for record in shown if record.fact.data is None}
    for position in sorted(set(hidden) - set(given.hidden)):
        raise Flaw(UNRECKONED, f"the receipt was made with the fact at position {position}, which is not shown here")
    for position in sorted(erased - set(given.erased)):
        raise Flaw(UNRECKONED, f"the content of the fact at position {position} was erased after the receipt was made")
    for position in sorted(set(given.hidden) - set(hidden)):
        if own:
            raise Flaw(RECEIPT, f"the receipt leaves out the fact at position {position}, which is shown")
        raise Flaw(
            UNRECKONED,
            f"the receipt was made without the fact at position {position}, which this bundle shows: its reader sees "
            "less, so check it with a bundle that they exported",
        )
