"""From an identity token to the identity of a member, for the routes. What was checked is remembered until it ends.

The role of a call is the one on the workspace's record. Where tokens give roles too, a call has a role only when both
agree; with `THROUGHLINE_OIDC_MEMBERS=join` the record follows tokens that are newer than its last word.
"""

import logging
from collections import OrderedDict
from hashlib import sha256
from uuid import UUID, uuid5

from msgspec import Struct, structs

from domain.facts import Caller, Role
from domain.refusals import AlreadySo, LastOwner
from domain.rules.membership import member
from domain.state import Stream
from projections.list_row import said
from service.ledger import members
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import NoSuchKey, StoreUnavailable
from service.oidc.checking import Demands, check, read_head, refused
from service.oidc.issuer import Issuer
from service.oidc.mapping import Mapped, Named, named
from service.oidc.refusals import IssuerUnavailable, TokenOpensNothing, TokenRefused

log = logging.getLogger("throughline.oidc")

# About a kilobyte each; of more, those that were not shown for longest are checked anew.
TOKENS_KEPT_MAX = 10_000


class Checked(Struct, frozen=True):
    """A token that was checked, under which generation of the issuer's keys."""

    named: Named
    generation: int


class TokenIdentities:
    """Says who shows a token. Tokens are remembered by their digest; they themselves are kept nowhere."""

    def __init__(self, ledger: Ledger, issuer: Issuer, demands: Demands, mapped: Mapped, *, may_join: bool) -> None:
        self._ledger = ledger
        self._issuer = issuer
        self._demands = demands
        self._mapped = mapped
        self._may_join = may_join
        self._checked: OrderedDict[bytes, Checked] = OrderedDict()

    @property
    def has_keys(self) -> bool:
        return self._issuer.has_keys

    def has_known(self, token: str) -> bool:
        """Whether the token was good when it was last checked."""
        return _digest(token) in self._checked

    async def identify(self, token: str) -> Identity:
        """Whose token this is; raises `TokenRefused`, `TokenOpensNothing` or `IssuerUnavailable`."""
        digest = _digest(token)
        self._issuer.look_after()
        known = self._checked.get(digest)
        if known is None or known.generation != self._issuer.generation:
            known = await self._check(token, digest)
        if known.named.expires_at + self._demands.leeway <= self._ledger.clock.now():
            self._checked.pop(digest, None)
            raise refused("expired")
        identity = await self._member(known.named)
        return structs.replace(identity, expires_at=known.named.expires_at)

    async def member(self, workspace_id: UUID, party_id: UUID) -> Identity:
        """A member who came by a token, as the record has them now; raises `TokenOpensNothing`."""
        credentials = self._ledger.credentials
        known_as = _known_as(workspace_id, party_id)
        identity = credentials.recall(known_as)
        if identity is None:
            asked_at = credentials.moment()
            role, name = await self._on_record(workspace_id, party_id)
            caller = Caller(party_id, role, "service" if role == "service" else "person")
            identity = Identity(workspace_id, token_id(workspace_id, party_id), caller, name, by_token=True)
            credentials.keep(known_as, identity, asked_at)
        return identity

    async def again(self, token: str) -> Identity:
        """The same, asked anew for whoever follows by a token: what ends a key ends this too."""
        self._forget(self._checked.get(_digest(token)))
        try:
            return await self.identify(token)
        except (TokenRefused, TokenOpensNothing):
            raise NoSuchKey from None
        except IssuerUnavailable:
            raise StoreUnavailable("no keys of the issuer") from None

    async def holder(self, workspace_id: UUID, party_id: UUID) -> Identity:
        """Who holds a ticket that was made with a token; raises `NoSuchKey` when they are no member any more."""
        self._ledger.credentials.drop(_known_as(workspace_id, party_id))
        try:
            return await self.member(workspace_id, party_id)
        except TokenOpensNothing:
            raise NoSuchKey from None

    def _forget(self, known: Checked | None) -> None:
        if known is not None:
            self._ledger.credentials.drop(_known_as(known.named.workspace_id, known.named.party_id))

    async def _check(self, token: str, digest: bytes) -> Checked:
        self._checked.pop(digest, None)
        head = read_head(token, self._demands)
        key = await self._issuer.key(head)
        generation = self._issuer.generation
        known = Checked(named(check(token, head, key, self._demands), self._mapped), generation)
        self._checked[digest] = known
        if len(self._checked) > TOKENS_KEPT_MAX:
            self._checked.popitem(last=False)
        return known

    async def _member(self, wanted: Named) -> Identity:
        """The member, whose role is also the token's, if tokens give roles."""
        try:
            identity = await self.member(wanted.workspace_id, wanted.party_id)
        except TokenOpensNothing:
            if not self._may_join:
                raise
            identity = None
        if wanted.role is None or (identity is not None and identity.caller.role == wanted.role):
            assert identity is not None  # nobody joins without a role: read_settings refuses that
            return identity
        if self._may_join:
            await self._follow(wanted)
            identity = await self.member(wanted.workspace_id, wanted.party_id)
        if identity is None or identity.caller.role != wanted.role:
            detail = f"The token gives the role {wanted.role}, and the workspace's record says otherwise."
            raise TokenOpensNothing(detail, wanted.party_id)
        return identity

    async def _follow(self, wanted: Named) -> None:
        """Let the record say what the token says, unless it has said something since the token was issued."""
        ledger, role = self._ledger, wanted.role
        assert role is not None
        stream = await self._record_of(wanted.workspace_id, wanted.party_id)
        there = stream.thing(wanted.party_id)
        if there is not None and member(stream, wanted.party_id) is None:  # an owner lets them in again, no token does
            raise _unknown(wanted.party_id)
        if there is not None and there.at >= wanted.issued_at:
            return
        try:
            if there is None:
                await members.add_member(ledger, wanted.workspace_id, wanted.party_id, wanted.name, role)
                log.info("a member joined by token", extra={"party_id": str(wanted.party_id), "role": role})
            elif there.state != role:
                await members.change_role(ledger, wanted.workspace_id, wanted.party_id, role)
                log.info("a member's role changed by token", extra={"party_id": str(wanted.party_id), "role": role})
        except AlreadySo:
            pass  # through another call at the same moment
        except LastOwner:
            detail = "The token takes the role owner from the workspace's last owner."
            raise TokenOpensNothing(detail, wanted.party_id) from None
        ledger.credentials.forget(wanted.workspace_id)

    async def _on_record(self, workspace_id: UUID, party_id: UUID) -> tuple[Role, str]:
        there = member(await self._record_of(workspace_id, party_id), party_id)
        if there is None:
            raise _unknown(party_id)
        name = said(getattr(there.fact.data, "name", None))
        return there.state, name or "a member"  # type: ignore[return-value]  # a member's state is the role

    async def _record_of(self, workspace_id: UUID, party_id: UUID) -> Stream:
        """Who belongs to the workspace; one that there is not has no members either."""
        try:
            stream = await members.members_now(self._ledger, workspace_id)
        except NoSuchKey:
            stream = None
        if stream is None:
            raise _unknown(party_id)
        return stream


def token_id(workspace_id: UUID, party_id: UUID) -> UUID:
    """What stands where keys have their id: one for all tokens of a member, so that they share one budget."""
    return uuid5(uuid5(workspace_id, str(party_id)), "identity token")


def _known_as(workspace_id: UUID, party_id: UUID) -> str:
    """Under what the credentials keep a member who came by a token; no key has this form."""
    return f"{workspace_id}/{party_id} by token"


def _unknown(party_id: UUID) -> TokenOpensNothing:
    return TokenOpensNothing("The token is valid, and whom it names is no member here.", party_id)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
