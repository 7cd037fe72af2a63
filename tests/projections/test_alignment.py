"""Whether people agree and work together."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.alignment import AlignedParty, Alignment, GatekeeperPasses, SessionHeld, UserHeard, alignment
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    noted,
    voided,
)
from tests.projections.standing import asked, erased, force, wordless


def agree(aligned: str, *between: UUID, by: UUID = BUYER, subject: str = "start_date", **more: Any) -> Proposal:
    said = {"between": between or (SELLER, BUYER), "aligned": aligned, "stated_by": by, "subject": subject, **more}
    return fact("alignment.recorded", **said)


def contact(*people: UUID, by: UUID = SELLER, **more: Any) -> Proposal:
    said = {"direction": "outbound", "initiated_by": by, "participants": people, **more}
    return fact("interaction.logged", **said)


def found(story: Story, **when: Any) -> Alignment:
    return alignment(asked(story, **when))


def test_on_a_deal_just_opened_nothing_is_aligned() -> None:
    assert found(a_deal()) == Alignment(
        alignments=[],
        misaligned=[],
        claimed_by_seller_only=[],
        users=[],
        user_represented=False,
        sessions=[],
        collaboration=None,
        gatekeepers=[
            GatekeeperPasses(talked_about="their_problem", passed=0, blocked=0, deferred=0, pass_rate=None),
            GatekeeperPasses(talked_about="our_product", passed=0, blocked=0, deferred=0, pass_rate=None),
        ],
        changes_at=None,
    )


def test_C21_the_last_word_on_a_pair_and_a_subject_stands() -> None:
    deal = a_deal(
        joined(BUYER, "buyer", roles=["buyer"]),
        joined(USER, "buyer", roles=["user"]),
        agree("yes", BUYER, USER),
        agree("no", BUYER, SELLER),
    )
    deal.tell(agree("partly", USER, BUYER, gap="She means the first shift", by=USER, day=2))
    first, second = found(deal).alignments
    assert first.parties == [
        AlignedParty(party_id=BUYER, side="buyer", roles=("buyer",)),
        AlignedParty(party_id=USER, side="buyer", roles=("user",)),
    ]
    assert (first.subject, first.aligned, first.gap, first.stated_by, first.at) == (
        "start_date",
        "partly",
        "She means the first shift",
        USER,
        day(2),
    )
    assert (first.event_id, second.aligned) == (deal.records[-1].fact.event_id, "no")
    assert found(deal).misaligned == [first, second]
    deal.tell(agree("yes", USER, BUYER, day=3))
    assert [row.aligned for row in found(deal).misaligned] == ["no"]


def test_another_subject_is_another_row() -> None:
    deal = a_deal(agree("yes"), agree("no", subject="price"))
    assert [(row.subject, row.aligned) for row in found(deal).alignments] == [("start_date", "yes"), ("price", "no")]


def test_several_people_are_every_pair_of_them() -> None:
    deal = a_deal(agree("no", SELLER, BUYER, USER), agree("yes", BUYER, USER, by=USER))
    rows = [([one.party_id for one in row.parties], row.aligned) for row in found(deal).alignments]
    assert rows == [([SELLER, BUYER], "no"), ([SELLER, USER], "no"), ([BUYER, USER], "yes")]


def test_one_alone_is_a_row_and_so_is_a_crowd() -> None:
    crowd = [known_as(f"guest {number}") for number in range(7)]
    deal = a_deal(*(joined(one, "buyer") for one in crowd), agree("yes", BUYER, BUYER), agree("no", *crowd))
    assert [len(row.parties) for row in found(deal).alignments] == [1, 7]
    deal.tell(agree("no", *crowd[1:], subject="price"))
    assert len(found(deal).alignments) == 2 + 15


def test_A18_alignment_that_only_the_seller_claims_is_a_warning() -> None:
    deal = a_deal(agree("yes", by=SELLER, subject="identity"), agree("no", by=SELLER, subject="price"))
    (row,) = found(deal).claimed_by_seller_only
    assert (row.subject, row.seller_only) == ("identity", True)
    deal.tell(agree("partly", by=BUYER, subject="identity"), agree("yes", by=SELLER, subject="identity"))
    assert found(deal).claimed_by_seller_only == []
    assert [row.seller_only for row in found(deal).alignments] == [False, True]


def test_a_user_is_represented_for_thirty_days() -> None:
    deal = a_deal(joined(USER, "buyer", roles=["user"]), contact(USER, day=3))
    then = found(deal, at=day(33))
    assert then.users == [UserHeard(party_id=USER, last_at=day(3), represented=True)]
    assert (then.user_represented, then.changes_at) == (True, day(33))
    after = found(deal, at=day(33.00001))
    assert after.users == [UserHeard(party_id=USER, last_at=day(3), represented=False)]
    assert (after.user_represented, after.changes_at) == (False, None)
    deal.tell(noted(on_behalf_of=USER, day=40))
    assert found(deal, at=day(41)).changes_at == day(70)


def test_a_user_who_never_said_a_word_is_not_represented() -> None:
    deal = a_deal(joined(USER, "buyer", roles=["user"]))
    assert found(deal).users == [UserHeard(party_id=USER, last_at=None, represented=False)]
    deal.tell(fact("participant.left", party_id=USER))
    assert found(deal).users == []


def test_the_first_user_who_is_forgotten_changes_the_answer() -> None:
    deal = a_deal(joined(USER, "buyer", roles=["user"]), joined(BUYER, "buyer", roles=["user"]))
    deal.tell(contact(USER, day=1), contact(BUYER, day=5))
    assert found(deal).changes_at == day(31)
    assert (found(deal, at=day(32)).user_represented, found(deal, at=day(32)).changes_at) == (True, day(35))


def test_D4_a_session_is_held_together_by_two_sides_and_three_roles() -> None:
    deal = a_deal(
        joined(BUYER, "buyer", roles=["buyer"]),
        joined(USER, "buyer", roles=["user", "expert"]),
        force("f", "push", 3),
        contact(BUYER, purpose="demo"),
        contact(BUYER, USER, purpose="social"),
    )
    assert found(deal).collaboration == 0
    produced = [{"kind": "force", "id": known_as("f")}]
    deal.tell(contact(BUYER, USER, purpose="working_session", produced=produced, day=2))
    deal.tell(contact(USER, by=BUYER, purpose="review", day=2))
    assert [row.together for row in found(deal).sessions] == [False, True, False]
    assert found(deal).sessions[1] == SessionHeld(
        event_id=deal.records[-2].fact.event_id,
        at=day(2),
        purpose="working_session",
        sides=["seller", "buyer"],
        roles=["seller", "buyer", "user", "expert"],
        together=True,
        produced=1,
    )
    assert found(deal).collaboration == 0.333333


@pytest.mark.parametrize(("topic", "row"), [("their_problem", 0), ("our_product", 1), (None, 2)])
def test_C26_gatekeepers_let_pass_by_what_was_talked_about(topic: str | None, row: int) -> None:
    about: dict[str, Any] = {} if topic is None else {"talked_about": topic}
    deal = a_deal(joined(USER, "buyer", roles=["gatekeeper"]))
    for result in ("passed", "passed", "blocked", "deferred"):
        deal.tell(contact(USER, **about, result=result))
    deal.tell(contact(USER, **about), contact(BUYER, **about, result="blocked"))
    assert found(deal).gatekeepers[row] == GatekeeperPasses(
        talked_about=topic,  # type: ignore[arg-type]
        passed=2,
        blocked=1,
        deferred=1,
        pass_rate=0.5,
    )
    assert len(found(deal).gatekeepers) == (3 if topic is None else 2)


def test_on_a_goal_people_agree_too() -> None:
    goal = a_goal(agree("partly", SELLER, COACH, by=SELLER))
    assert [(row.aligned, row.seller_only) for row in found(goal).misaligned] == [("partly", False)]


def test_what_was_voided_was_never_agreed_and_as_of_cuts() -> None:
    deal = a_deal(agree("no", day=2))
    before = found(deal)
    for one in deal.tell(agree("yes"), contact(BUYER, purpose="demo")):
        deal.tell(voided(one.event_id))
    assert found(deal) == before
    assert found(deal, as_of=day(1)).alignments == []


def test_erased_words_are_none_and_change_no_figure() -> None:
    deal = a_deal(agree("no", gap="He means the contract"))
    wiped = alignment(erased(deal, day(0)))
    assert to_builtins(wiped) == wordless(deal, found(deal))
    assert wiped.alignments[0].gap is None
