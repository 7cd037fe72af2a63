"""Who belongs to a workspace and holds its keys, recorded on the workspace's own stream. What opens what is in rows.

What is recorded is judged in the order of the log (`domain.rules.membership`), so it comes first; the rows follow. A
process that dies in between leaves rows that are behind: repeating the call brings them up.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.workspace import CredentialIssued, CredentialRevoked, MemberJoined, MemberLeft, RoleChanged
from domain.facts import Actor, ActorKind, Caller, Proposal, Role, Visibility, stream_key
from domain.refusals import AlreadySo, NotAMember
from domain.rules.membership import member
from domain.state import Stream
from service.ids import new_id
from service.ledger.asking import Appended
from service.ledger.credentials import Credential, Identity
from service.ledger.histories import History
from service.ledger.ledger import Ledger
from service.ledger.questions import KnownAt
from service.ledger.refusals import Absent, KeyMadeBefore
from service.ledger.tokens import new_token

# The service itself acts on the workspace's stream when nobody asked it to; it is nobody's party.
SERVICE_PARTY = UUID("00000000-0000-8000-8000-7468726f7567")
_SERVICE = Actor(SERVICE_PARTY, "service")


async def create_workspace(ledger: Ledger, name: str) -> tuple[UUID, str]:
    """A new workspace and its first owner key: id, and the key to be shown once."""
    workspace_id = new_id(ledger.clock.now())
    await ledger.create_workspace(workspace_id, name)
    return workspace_id, await issue_key(ledger, workspace_id, role="owner", name="first owner")


# -- members


async def roster(
    ledger: Ledger, workspace_id: UUID, as_of: datetime | None = None, known_at: KnownAt = None
) -> History | None:
    """The workspace's own stream, whose `member` things are its members; None while nothing is recorded on it."""
    try:
        return await ledger.history(_acting(workspace_id, _SERVICE), _stream(workspace_id), as_of, known_at)
    except Absent:
        return None


async def members_now(ledger: Ledger, workspace_id: UUID) -> Stream | None:
    """The fold of that stream."""
    found = await roster(ledger, workspace_id)
    return None if found is None else found.stream


async def add_member(
    ledger: Ledger,
    workspace_id: UUID,
    party_id: UUID,
    name: str,
    role: Role,
    by: Actor = _SERVICE,
    named: UUID | None = None,
) -> Appended:
    """A party belongs to the workspace from now on. Raises `AlreadySo` when it does, but not to a repeat by `named`."""
    return await record(ledger, workspace_id, [MemberJoined(party_id=party_id, name=name, role=role)], by, named)


async def change_role(ledger: Ledger, workspace_id: UUID, party_id: UUID, role: Role, by: Actor = _SERVICE) -> None:
    """A member, and every key of theirs, has another role. Raises `NotAMember`, `AlreadySo` or `LastOwner`."""
    now = await members_now(ledger, workspace_id)
    there = None if now is None else member(now, party_id)
    was = None if there is None else there.state
    try:
        await record(ledger, workspace_id, [RoleChanged(party_id=party_id, role=role, was=was)], by)  # type: ignore[arg-type]  # a member's state is the role
    except AlreadySo:
        await ledger.credentials.change_role(workspace_id, party_id, role)
        raise
    await ledger.credentials.change_role(workspace_id, party_id, role)


async def remove_member(
    ledger: Ledger, workspace_id: UUID, party_id: UUID, reason: str | None, by: Actor = _SERVICE
) -> list[UUID]:
    """A party belongs to the workspace no longer; the ids of its keys that open nothing any more from now on.

    Who left before, but whose keys outlived a process that died, loses them now. Raises `NotAMember` when there is
    nothing to take back, or `LastOwner`.
    """
    left_before = None
    try:
        await record(ledger, workspace_id, [MemberLeft(party_id=party_id, reason=reason)], by)
    except NotAMember as refusal:
        if not await _was_one(ledger, workspace_id, party_id):
            raise
        left_before = refusal
    revoked = await ledger.credentials.revoke_of(workspace_id, party_id)
    if revoked:
        await record(ledger, workspace_id, [CredentialRevoked(credential_id=one) for one in revoked], by)
    elif left_before is not None:
        raise left_before
    return revoked


async def _was_one(ledger: Ledger, workspace_id: UUID, party_id: UUID) -> bool:
    now = await members_now(ledger, workspace_id)
    thing = None if now is None else now.thing(party_id)
    return thing is not None and thing.kind == "member"


# -- keys


async def issue_key(
    ledger: Ledger,
    workspace_id: UUID,
    *,
    role: Role,
    name: str,
    party_id: UUID | None = None,
    expires_at: datetime | None = None,
    stream_id: str | None = None,
    replaces: UUID | None = None,
    kind: ActorKind | None = None,
    by: Actor = _SERVICE,
    named: UUID | None = None,
) -> str:
    """A key for a party; it is shown once and stored nowhere.

    Who is no member becomes one, except the guest of a stream. A member's key has the member's role. The issue is
    recorded first, so that no key works of which there is no record. Two calls `named` alike make one key between them,
    whose secret the first alone can tell: raises `KeyMadeBefore` to the other.
    """
    now = ledger.clock.now()
    facts: list[Data] = []
    if role != "guest":
        known = None if party_id is None else await members_now(ledger, workspace_id)
        there = None if known is None or party_id is None else member(known, party_id)
        if there is None:
            party_id = party_id or new_id(now)
            facts.append(MemberJoined(party_id=party_id, name=name, role=role))
        else:
            role = there.state  # type: ignore[assignment]  # a member's state is the role
    if party_id is None:
        raise TypeError("a guest is a party that there is")
    token = new_token(workspace_id, new_id(now) if named is None else key_named(named))
    facts.append(
        CredentialIssued(
            credential_id=token.credential_id,
            party_id=party_id,
            role=role,
            stream_id=stream_id,
            expires_at=expires_at,
            replaces=replaces,
        )
    )
    await record(ledger, workspace_id, facts, by, named)
    caller = Caller(party_id, role, kind or ("service" if role == "service" else "person"), stream_id)
    if not await ledger.credentials.issue(workspace_id, token, caller, name, expires_at):
        raise KeyMadeBefore(token.credential_id)
    await _still_holds(ledger, workspace_id, caller, token.credential_id, by)
    return token.shown


def key_named(named: UUID) -> UUID:
    """The id of the key that a call named so makes."""
    return uuid5(named, "credential")


async def _still_holds(ledger: Ledger, workspace_id: UUID, caller: Caller, credential_id: UUID, by: Actor) -> None:
    """Who was removed, or got another role, between the record of a key and its row, keeps no key with the old one."""
    if caller.role == "guest":
        return
    now = await members_now(ledger, workspace_id)
    there = None if now is None else member(now, caller.party_id)
    if there is None:
        await revoke_key(ledger, workspace_id, credential_id, None, by)
        raise NotAMember("The party is not a member of the workspace.", party_id=caller.party_id)
    if there.state != caller.role:
        await ledger.credentials.change_role(workspace_id, caller.party_id, there.state)  # type: ignore[arg-type]  # as above


async def revoke_key(
    ledger: Ledger, workspace_id: UUID, credential_id: UUID, reason: str | None, by: Actor = _SERVICE
) -> bool:
    """A key opens nothing any more, and that is recorded; false when there was no such key to revoke."""
    revoked = await ledger.credentials.revoke(workspace_id, credential_id)
    if not revoked:  # or a process died before it could record that
        now = await members_now(ledger, workspace_id)
        thing = None if now is None else now.thing(credential_id)
        known = await ledger.credentials.page(workspace_id, credential_id=credential_id)
        revoked = bool(known) and thing is not None and thing.state != "revoked"
    if revoked:
        await record(ledger, workspace_id, [CredentialRevoked(credential_id=credential_id, reason=reason)], by)
    return revoked


async def end_key(
    ledger: Ledger, workspace_id: UUID, credential_id: UUID, at: datetime, reason: str | None, by: Actor = _SERVICE
) -> bool:
    """A key opens nothing from `at` on, and that is recorded; false when there was no such key in use."""
    ended = await ledger.credentials.end(workspace_id, credential_id, at)
    if ended:
        fact = CredentialRevoked(credential_id=credential_id, reason=reason, takes_effect_at=at)
        await record(ledger, workspace_id, [fact], by)
    return ended


async def rotate_key(
    ledger: Ledger,
    workspace_id: UUID,
    old: Credential,
    until: datetime,
    by: Actor = _SERVICE,
    named: UUID | None = None,
) -> str:
    """Another key for the same, shown once. The old one opens the workspace until `until`, so that nobody is cut off.

    The new one expires when the old one would have: rotating prolongs nothing.
    """
    shown = await issue_key(
        ledger,
        workspace_id,
        role=old.role,
        name=old.name,
        party_id=old.party_id,
        expires_at=old.expires_at,
        stream_id=old.stream_id,
        replaces=old.credential_id,
        kind=old.party_kind,
        by=by,
        named=named,
    )
    await end_key(ledger, workspace_id, old.credential_id, until, None, by)
    return shown


async def keys(ledger: Ledger, workspace_id: UUID) -> list[Credential]:
    """The newest keys of a workspace, newest first."""
    return await ledger.credentials.page(workspace_id)


# -- the record


async def record(
    ledger: Ledger, workspace_id: UUID, facts: Sequence[Data], by: Actor = _SERVICE, named: UUID | None = None
) -> Appended:
    """Record facts on the workspace's own stream, which begins with the first of them, as the act of `by`.

    A repeat with the same `named` records nothing anew; with other facts it raises `EventIdReused`.
    """
    identity, stream_id = _acting(workspace_id, by), _stream(workspace_id)
    proposals = [
        _proposal(fact, None if named is None else uuid5(named, str(index))) for index, fact in enumerate(facts)
    ]
    try:
        return await ledger.append(identity, stream_id, proposals, opens=False)
    except Absent:
        return await ledger.append(identity, stream_id, proposals, opens=True)


def _acting(workspace_id: UUID, by: Actor) -> Identity:
    """Whoever may record on the workspace's stream has been asked before; here they act as one who may."""
    return Identity(workspace_id, SERVICE_PARTY, Caller(by.party_id, "owner", by.kind), "throughline")


def _stream(workspace_id: UUID) -> str:
    return stream_key("workspace", workspace_id)


def _proposal(fact: Data, event_id: UUID | None) -> Proposal:
    event_type = CATALOGUE[type(fact).declared.name]
    return event_type.proposal(event_id=event_id, data=fact, visibility=Visibility.TEAM)
