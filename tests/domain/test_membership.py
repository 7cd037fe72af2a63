"""Who belongs to a workspace: joins once, has one role, and the last owner stays."""

import pytest

from domain.facts import Caller, Proposal
from domain.refusals import AlreadySo, LastOwner, NotAMember
from projections.members import members
from tests.domain.telling import SELLER, STRANGER, USER, Story, fact, known_as, refused

THE_SERVICE = Caller(known_as("service"), "owner", kind="service")


def told(*roles: tuple[object, str]) -> Story:
    workspace = Story(f"workspace/{known_as('workspace')}")
    for party, role in roles:
        workspace.tell(fact("member.joined", party_id=party, role=role, name=role), by=THE_SERVICE)
    return workspace


def who(workspace: Story) -> dict[object, str]:
    return {one.party_id: one.role for one in members(workspace.stream)}


def test_members_join_change_role_leave_and_come_back() -> None:
    workspace = told((SELLER, "owner"), (USER, "member"))
    workspace.tell(fact("role.changed", party_id=USER, role="coach", was="member"), by=THE_SERVICE)
    assert who(workspace) == {SELLER: "owner", USER: "coach"}
    workspace.tell(fact("member.left", party_id=USER), by=THE_SERVICE)
    assert who(workspace) == {SELLER: "owner"}
    workspace.tell(fact("member.joined", party_id=USER, role="auditor"), by=THE_SERVICE)
    assert who(workspace) == {SELLER: "owner", USER: "auditor"}


@pytest.mark.parametrize(
    "proposal",
    [
        fact("member.joined", party_id=SELLER, role="member"),
        fact("role.changed", party_id=SELLER, role="owner"),
    ],
)
def test_what_is_so_already_is_refused(proposal: Proposal) -> None:
    workspace = told((SELLER, "owner"), (USER, "member"))
    with refused(AlreadySo, workspace):
        workspace.tell(proposal, by=THE_SERVICE)


@pytest.mark.parametrize(
    "proposal",
    [fact("role.changed", party_id=STRANGER, role="owner"), fact("member.left", party_id=STRANGER)],
)
def test_nothing_becomes_of_somebody_who_is_no_member(proposal: Proposal) -> None:
    workspace = told((SELLER, "owner"))
    with refused(NotAMember, workspace):
        workspace.tell(proposal, by=THE_SERVICE)


@pytest.mark.parametrize(
    "proposal",
    [fact("role.changed", party_id=SELLER, role="member"), fact("member.left", party_id=SELLER)],
)
def test_the_last_owner_stays(proposal: Proposal) -> None:
    workspace = told((SELLER, "owner"), (USER, "member"))
    with refused(LastOwner, workspace):
        workspace.tell(proposal, by=THE_SERVICE)


def test_of_two_owners_one_may_go_and_then_the_other_stays() -> None:
    workspace = told((SELLER, "owner"), (USER, "owner"))
    workspace.tell(fact("member.left", party_id=USER), by=THE_SERVICE)
    with refused(LastOwner, workspace):
        workspace.tell(fact("member.left", party_id=SELLER), by=THE_SERVICE)


def test_a_key_is_revoked_once_and_may_be_revoked_before_it_would_end() -> None:
    workspace = told((SELLER, "owner"))
    key = known_as("key")
    workspace.tell(fact("credential.issued", credential_id=key, party_id=SELLER, role="owner"), by=THE_SERVICE)
    ending = fact("credential.revoked", credential_id=key, takes_effect_at="2027-01-01T00:00:00Z")
    workspace.tell(ending, by=THE_SERVICE)
    workspace.tell(fact("credential.revoked", credential_id=key), by=THE_SERVICE)
    with refused(AlreadySo, workspace):
        workspace.tell(fact("credential.revoked", credential_id=key), by=THE_SERVICE)
