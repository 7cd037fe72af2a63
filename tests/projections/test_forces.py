"""The forces for and against change: sums, sources, attention, and what is at risk in person."""

from typing import Any

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.forces import Attention, Forces, ForceSeen, ForceSumsOfSource, forces
from tests.domain.telling import BUYER, SELLER, Story, a_deal, a_goal, day, fact, known_as, voided
from tests.projections.standing import asked, erased, force_now, wordless


def felt(name: str, kind: str, intensity: int, **more: Any) -> Proposal:
    said = {"force": kind, "intensity": intensity, "statement": "It says so", **more}
    return fact("force.observed", force_id=known_as(name), **said)


def contact(*addressed: str, **more: Any) -> Proposal:
    said = {"direction": "outbound", "initiated_by": SELLER, **more}
    return fact("interaction.logged", addresses=[known_as(name) for name in addressed], **said)


def found(story: Story, **when: Any) -> Forces:
    return forces(asked(story, **when))


def worked_example() -> Story:
    return a_deal(
        felt("a", "push", 4),
        felt("b", "push", 2),
        felt("c", "pull", 5),
        felt("d", "anxiety", 3),
        felt("e", "anxiety", 4),
        felt("f", "habit", 3),
    )


def test_without_forces_nothing_can_be_said() -> None:
    nothing = found(a_deal())
    assert (nothing.push, nothing.pull, nothing.anxiety, nothing.habit) == (0, 0, 0, 0)
    assert (nothing.net, nothing.moves) == (None, None)
    assert nothing.missing == ["push", "pull", "anxiety", "habit"]
    assert (nothing.by_source, nothing.conflict, nothing.personal_risks, nothing.forces) == ([], False, [], [])
    assert nothing.attention == Attention(push=None, pull=None, anxiety=None, habit=None, contacts=0)
    assert nothing.pull_bias is None


def test_C12_eleven_against_ten_moves_by_one() -> None:
    deal = worked_example()
    answer = found(deal)
    assert (answer.push, answer.pull, answer.anxiety, answer.habit) == (6, 5, 7, 3)
    assert (answer.net, answer.moves, answer.missing) == (1, True, [])
    deal.tell(force_now("e", 0))
    assert (found(deal).anxiety, found(deal).net, found(deal).moves) == (3, 5, True)


def test_as_much_for_as_against_does_not_move() -> None:
    deal = worked_example()
    deal.tell(force_now("a", 3))
    assert (found(deal).net, found(deal).moves) == (0, False)


def test_a_force_has_its_latest_intensity_and_its_facts() -> None:
    deal = a_deal(felt("a", "habit", 2, day=1, party_id=BUYER, source="organisation", about="old_ways"))
    deal.tell(force_now("a", 5), at=day(2))
    deal.tell(fact("force.changed", force_id=known_as("a"), intensity=0, because="Gone", day=3))
    told = [record.fact.event_id for record in deal.records[-3:]]
    assert found(deal).forces == [
        ForceSeen(
            force_id=known_as("a"),
            force="habit",
            statement="It says so",
            intensity=0,
            resolved=True,
            party_id=BUYER,
            about="old_ways",
            source="organisation",
            observed_at=day(1),
            changed_at=day(3),
            addressed=0,
            evidence=told,
        )
    ]
    assert found(deal, as_of=day(2)).forces[0].intensity == 5
    assert (found(deal).net, found(deal).missing) == (0, ["push", "pull", "anxiety"])


def test_A24_sources_that_pull_apart_are_a_conflict() -> None:
    deal = a_deal(felt("a", "push", 4, source="organisation"), felt("b", "pull", 1, source="product"))
    assert not found(deal).conflict
    deal.tell(felt("c", "anxiety", 3, source="identity"), felt("d", "habit", 1, source="organisation"))
    answer = found(deal)
    assert answer.by_source == [
        ForceSumsOfSource(source="organisation", push=4, pull=0, anxiety=0, habit=1, net=3),
        ForceSumsOfSource(source="product", push=0, pull=1, anxiety=0, habit=0, net=1),
        ForceSumsOfSource(source="identity", push=0, pull=0, anxiety=3, habit=0, net=-3),
    ]
    assert answer.conflict
    deal.tell(force_now("c", 0))
    assert not found(deal).conflict


def test_the_nets_of_the_sources_add_up() -> None:
    deal = a_deal(felt("a", "push", 4, source="seller"), felt("b", "habit", 5), felt("c", "pull", 2, source="product"))
    assert sum(source.net for source in found(deal).by_source) == found(deal).net == 1


def test_C14_attention_is_what_contacts_took_up() -> None:
    deal = worked_example()
    deal.tell(contact("c"), contact("c", "d", "e"), contact("c", "c"), contact(), contact("a"))
    answer = found(deal)
    assert answer.attention == Attention(push=0.25, pull=0.75, anxiety=0.25, habit=0, contacts=4)
    assert answer.pull_bias == 0.75
    assert {row.force_id: row.addressed for row in answer.forces if row.addressed} == {
        known_as("a"): 1,
        known_as("c"): 3,
        known_as("d"): 1,
        known_as("e"): 1,
    }


@pytest.mark.parametrize(
    ("kind", "about", "intensity", "listed"),
    [
        ("anxiety", "personal_risk", 4, True),
        ("anxiety", "personal_risk", 0, False),
        ("anxiety", "the_rollout", 4, False),
        ("habit", "personal_risk", 4, False),
    ],
)
def test_A11_personal_risks_that_are_open(kind: str, about: str, intensity: int, listed: bool) -> None:
    deal = a_deal(felt("a", kind, 3, about=about), force_now("a", intensity))
    assert [row.force_id for row in found(deal).personal_risks] == ([known_as("a")] if listed else [])


def test_A33_a_goal_has_forces_too() -> None:
    goal = a_goal(felt("a", "habit", 3), felt("b", "anxiety", 2))
    assert (found(goal).net, found(goal).missing) == (-5, ["push", "pull"])


def test_what_was_voided_was_never_felt() -> None:
    deal = worked_example()
    before = found(deal)
    (changed,) = deal.tell(force_now("c", 1))
    deal.tell(voided(changed.event_id))
    assert found(deal) == before


def test_erased_words_are_none_and_change_no_figure() -> None:
    deal = a_deal(felt("a", "push", 3), contact("a"))
    wiped = forces(erased(deal, day(1)))
    assert to_builtins(wiped) == wordless(deal, found(deal))
    assert wiped.forces[0].statement is None
