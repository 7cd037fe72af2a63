"""Rules about who belongs to a workspace: nobody joins twice, and the last owner stays one."""

from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from domain.facts import Caller, Fact
from domain.refusals import LastOwner, NotAMember
from domain.rules.standing import Check, already
from domain.state import Stream, Thing


def member(stream: Stream, party_id: UUID) -> Thing | None:
    """The member with this party id, whose `state` is the role; None when there is none now."""
    thing = stream.thing(party_id)
    return thing if thing is not None and thing.kind == "member" and thing.state != "left" else None


def _joined(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    there = member(stream, fact.data.party_id)
    if there is not None:
        raise already(stream, there.moved, caller, "The party is already a member.")


def _left(stream: Stream, fact: Fact, _caller: Caller | None) -> None:
    _another_owner(stream, _known(stream, fact.data.party_id))


def _role_changed(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    there = _known(stream, fact.data.party_id)
    if there.state == fact.data.role:
        raise already(stream, there.moved, caller, f"The member already has the role {there.state}.")
    _another_owner(stream, there)


def _known(stream: Stream, party_id: UUID) -> Thing:
    there = member(stream, party_id)
    if there is None:
        raise NotAMember("The party is not a member of the workspace.", party_id=party_id)
    return there


def _another_owner(stream: Stream, leaving: Thing) -> None:
    """Refuse to let an owner go when there is no other. Judged in the order of the log, so that two cannot slip out."""
    if leaving.state == "owner" and not any(
        one.state == "owner" and one.id != leaving.id for one in stream.things("member")
    ):
        raise LastOwner("The workspace has no other owner.", party_id=leaving.id)


def _revoked(stream: Stream, fact: Fact, caller: Caller | None) -> None:
    key = stream.thing(fact.data.credential_id)
    if key is not None and key.kind == "credential" and key.state == "revoked":
        raise already(stream, key.moved, caller, "The key is already revoked.")


MEMBERSHIP: Mapping[str, Check] = MappingProxyType(
    {"member.joined": _joined, "member.left": _left, "role.changed": _role_changed, "credential.revoked": _revoked}
)
"""What is asked of the workspace's own stream, by type."""
