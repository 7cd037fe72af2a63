"""Who belongs to a workspace and holds its keys, recorded on the workspace's own stream before it takes effect."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.workspace import CredentialIssued, CredentialRevoked, MemberJoined
from domain.facts import Caller, Proposal, Role, Visibility, stream_key
from service.ids import new_id
from service.ledger.credentials import Credential, Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import Absent
from service.ledger.tokens import new_token

# The service itself acts on the workspace's stream; it is nobody's party.
SERVICE_PARTY = UUID("00000000-0000-8000-8000-7468726f7567")


async def create_workspace(ledger: Ledger, name: str) -> tuple[UUID, str]:
    """A new workspace and its first owner key: id, and the key to be shown once."""
    workspace_id = new_id(ledger.clock.now())
    await ledger.create_workspace(workspace_id, name)
    return workspace_id, await issue_key(ledger, workspace_id, role="owner", name="first owner")


async def issue_key(
    ledger: Ledger,
    workspace_id: UUID,
    *,
    role: Role,
    name: str,
    party_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> str:
    """A key for a party, a new member unless one is named; it is shown once and stored nowhere.

    The issue is recorded first, so that no key works of which there is no record.
    """
    now = ledger.clock.now()
    facts: list[Data] = []
    if party_id is None:
        party_id = new_id(now)
        facts.append(MemberJoined(party_id=party_id, name=name, role=role))
    token = new_token(workspace_id, new_id(now))
    facts.append(
        CredentialIssued(credential_id=token.credential_id, party_id=party_id, role=role, expires_at=expires_at)
    )
    await record(ledger, workspace_id, facts)
    await ledger.credentials.issue(workspace_id, token, Caller(party_id, role), name, expires_at)
    return token.shown


async def revoke_key(ledger: Ledger, workspace_id: UUID, credential_id: UUID, reason: str | None) -> bool:
    """A key opens nothing any more, and that is recorded; false when there was no such key to revoke."""
    revoked = await ledger.credentials.revoke(workspace_id, credential_id)
    if revoked:
        await record(ledger, workspace_id, [CredentialRevoked(credential_id=credential_id, reason=reason)])
    return revoked


async def keys(ledger: Ledger, workspace_id: UUID) -> list[Credential]:
    """All keys of a workspace, newest first."""
    return await ledger.credentials.all(workspace_id)


async def record(ledger: Ledger, workspace_id: UUID, facts: Sequence[Data]) -> None:
    """Record facts on the workspace's own stream, which begins with the first of them."""
    caller = Caller(SERVICE_PARTY, "owner", "service")
    identity = Identity(workspace_id, SERVICE_PARTY, caller, "throughline")
    stream_id = stream_key("workspace", workspace_id)
    proposals = [_proposal(fact) for fact in facts]
    try:
        await ledger.append(identity, stream_id, proposals, opens=False)
    except Absent:
        await ledger.append(identity, stream_id, proposals, opens=True)


def _proposal(fact: Data) -> Proposal:
    event_type = CATALOGUE[type(fact).declared.name]
    return event_type.proposal(data=fact, visibility=Visibility.TEAM)
