"""Who may see what: from private to shared, and what a refusal may name."""

import pytest

from domain.facts import Caller, Proposal, Visibility
from domain.history import may_see
from domain.refusals import AlreadySo, GuestFactsAreShared, NoSuchFact, NoSuchThing, NotWider, VisibilityTooWide
from tests.domain.telling import (
    BUYER,
    COACH,
    DEAL,
    SELLER,
    THE_AUDITOR,
    THE_BUYER,
    THE_COACH,
    THE_COLLEAGUE,
    THE_IMPORT,
    THE_SELLER,
    Story,
    a_deal,
    a_goal,
    fact,
    goal_set,
    joined,
    known_as,
    noted,
    objection,
    on_objection,
    opened,
    refused,
)

EVERYBODY = {
    "owner": THE_SELLER,
    "colleague": THE_COLLEAGUE,
    "coach": THE_COACH,
    "auditor": THE_AUDITOR,
    "guest": THE_BUYER,
    "service": THE_IMPORT,
}
OTHER_OWNER = Caller(known_as("other owner"), "owner")


def seers(story: Story, proposal: Proposal, by: Caller = THE_SELLER) -> set[str]:
    (told,) = story.tell(proposal, by=by)
    return {name for name, caller in EVERYBODY.items() if may_see(told, caller, story.stream)}


@pytest.mark.parametrize(
    ("visibility", "expected"),
    [
        ("private", {"owner"}),
        ("participants", {"owner", "coach"}),
        ("team", {"owner", "colleague", "coach", "auditor", "service"}),
        ("shared", {"owner", "colleague", "coach", "auditor", "service", "guest"}),
    ],
)
def test_each_visibility_is_seen_by_whom_it_says(visibility: str, expected: set[str]) -> None:
    assert seers(a_deal(shared=True), noted(visibility=visibility)) == expected


def test_an_owner_does_not_see_what_is_private_to_others() -> None:
    deal = a_deal()
    (secret,) = deal.tell(noted(visibility="private"), by=THE_COLLEAGUE)
    assert not may_see(secret, OTHER_OWNER, deal.stream)
    assert secret not in [record.fact for record in deal.seen_by(THE_SELLER)]


def test_whose_act_it_was_sees_what_is_private_about_it() -> None:
    deal = a_deal()
    assert seers(deal, noted(visibility="private", on_behalf_of=COACH)) == {"owner", "coach"}


def test_a_guest_sees_what_is_shared_and_nothing_else() -> None:
    deal = a_deal(shared=True)
    deal.tell(objection("o", visibility="private"), noted("team"), noted("for you", visibility="shared"))
    assert [record.fact.type for record in deal.seen_by(THE_BUYER)] == ["deal.opened", "note.recorded"]


def test_a_guest_of_another_stream_sees_nothing() -> None:
    deal = a_deal(noted(visibility="shared"), shared=True)
    stranger = Caller(BUYER, "guest", stream_id=f"deal/{known_as('another deal')}")
    assert deal.seen_by(stranger) == []


def test_a_stream_is_seen_by_whom_its_first_fact_is() -> None:
    goal = a_goal(noted("Shared, on a private goal", visibility="shared"))
    assert goal.seen_by(THE_COACH) == []
    assert len(goal.seen_by(THE_SELLER)) == 3


def test_goals_are_private_and_deals_are_the_teams_unless_said() -> None:
    assert a_goal(noted()).records[-1].fact.visibility is Visibility.PRIVATE
    assert a_deal(noted()).records[-1].fact.visibility is Visibility.TEAM


def test_who_left_no_longer_sees_what_is_for_participants() -> None:
    deal = a_deal()
    (told,) = deal.tell(noted(visibility="participants"))
    assert may_see(told, THE_COACH, deal.stream)
    deal.tell(fact("participant.left", party_id=COACH))
    assert not may_see(told, THE_COACH, deal.stream)


def test_the_workspaces_own_stream_is_for_owners_and_auditors() -> None:
    workspace = Story(f"workspace/{known_as('workspace')}")
    expected = {"owner", "auditor"}
    assert seers(workspace, fact("member.joined", party_id=SELLER, role="owner"), by=THE_IMPORT) == expected


def test_a_fact_is_not_seen_by_more_people_than_what_it_refers_to() -> None:
    deal = a_deal(objection("o", visibility="private", raised_by=SELLER))
    with refused(VisibilityTooWide, deal) as told:
        deal.tell(on_objection("answered", "o", visibility="team"))
    assert told.members == {"at_most": "private"}


def test_a_fact_without_a_visibility_narrows_itself_to_what_it_refers_to() -> None:
    deal = a_deal(objection("o", visibility="private", raised_by=SELLER), on_objection("answered", "o"))
    assert deal.records[-1].fact.visibility is Visibility.PRIVATE


def test_what_is_hidden_reads_as_what_is_not_there() -> None:
    deal = a_deal()
    (secret,) = deal.tell(objection("o", visibility="private", raised_by=SELLER))
    empty = a_deal()
    sentences = []
    for story in (deal, empty):
        with refused(NoSuchThing, story) as told:
            story.tell(on_objection("answered", "o"), by=THE_COLLEAGUE)
        sentences.append((str(told.refusal), told.members))
        with refused(NoSuchFact, story) as told:
            story.tell(fact("event.annotated", target_event_id=secret.event_id, note="?"), by=THE_COLLEAGUE)
        sentences.append((str(told.refusal), told.members))
    assert sentences[:2] == sentences[2:]


def test_a_refusal_does_not_name_a_hidden_cause() -> None:
    deal = a_deal()
    deal.tell(objection("o"), on_objection("answered", "o", visibility="private"))
    with refused(AlreadySo, deal) as told:
        deal.tell(on_objection("answered", "o"), by=THE_COLLEAGUE)
    assert told.members == {}
    with refused(AlreadySo, deal) as told:
        deal.tell(on_objection("answered", "o"))
    assert set(told.members) == {"event_id"}


def test_what_a_guest_says_is_shared() -> None:
    deal = a_deal(shared=True)
    (said,) = deal.tell(objection("o"), by=THE_BUYER)
    assert said.visibility is Visibility.SHARED
    with refused(GuestFactsAreShared, deal):
        deal.tell(noted(visibility="private"), by=THE_BUYER)


def test_a_guest_cannot_answer_what_is_not_shared() -> None:
    deal = a_deal(objection("o"), shared=True)
    with refused(NoSuchThing, deal):
        deal.tell(on_objection("dismissed", "o", by=BUYER), by=THE_BUYER)


def widened(event: object, to: str, **more: object) -> Proposal:
    return fact("visibility.widened", target_event_id=event, to=to, **more)


def test_widening_lets_more_people_see_and_is_itself_seen_by_them() -> None:
    deal = a_deal(shared=True)
    (secret,) = deal.tell(noted(visibility="private"))
    (widening,) = deal.tell(widened(secret.event_id, "shared"))
    assert [record.fact for record in deal.seen_by(THE_BUYER)][1:] == [secret, widening]


@pytest.mark.parametrize("to", ["participants", "team"])
def test_visibility_is_never_narrowed(to: str) -> None:
    deal = a_deal()
    (told,) = deal.tell(noted())
    with refused(NotWider, deal) as refusal:
        deal.tell(widened(told.event_id, to))
    assert refusal.members == {"visibility": "team"}


def test_a_private_goal_opens_by_widening_its_first_fact() -> None:
    goal = Story(f"goal/{known_as('another goal')}")
    (first,) = goal.tell(goal_set())
    goal.tell(joined(COACH, "coach", visibility="participants"), noted(visibility="participants"))
    assert goal.seen_by(THE_COACH) == []
    goal.tell(widened(first.event_id, "participants"))
    assert len(goal.seen_by(THE_COACH)) == 4


def test_a_guest_of_a_deal_that_is_not_shared_sees_what_is_shared_on_it() -> None:
    deal = Story(DEAL)
    deal.tell(opened(), joined(BUYER, "buyer"), noted(), noted("for you", visibility="shared"))
    assert [record.fact.data.text for record in deal.seen_by(THE_BUYER)] == ["for you"]
