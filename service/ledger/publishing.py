"""That a policy is in force, recorded on the workspace's own stream. What is in a policy is not judged here."""

from uuid import UUID, uuid5

from domain.events import CATALOGUE
from domain.events.workspace import PolicyPublished
from domain.facts import Caller, Visibility, stream_key
from projections.trust.policy import Policy
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.members import SERVICE_PARTY
from service.ledger.refusals import Absent


async def publish(ledger: Ledger, workspace_id: UUID, policy: Policy) -> bool:
    """Record that a policy is published, with the digest of its document; false when that was recorded before.

    Raises `EventIdReused` when another document was published in the workspace under the same name and version.
    """
    proposal = CATALOGUE["policy.published"].proposal(
        event_id=uuid5(workspace_id, f"policy.published {policy.key}"),
        visibility=Visibility.TEAM,
        data=PolicyPublished(name=policy.name, version=policy.version, digest=policy.digest),
    )
    identity = service_of(workspace_id)
    stream_id = stream_key("workspace", workspace_id)
    try:
        appended = await ledger.append(identity, stream_id, [proposal], opens=False)
    except Absent:
        appended = await ledger.append(identity, stream_id, [proposal], opens=True)
    return not appended.replayed


def service_of(workspace_id: UUID) -> Identity:
    """The service itself, which sees what everybody in the workspace sees."""
    return Identity(workspace_id, SERVICE_PARTY, Caller(SERVICE_PARTY, "owner", "service"), "throughline")
