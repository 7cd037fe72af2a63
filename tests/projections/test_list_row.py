"""The row of a stream in a list, and the words on its card."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from domain.facts import ERASED, Visibility
from domain.stream import Stream, evolve, fold
from projections.list_row import Card, card, list_row
from tests.domain.telling import (
    BUYER,
    COACH,
    DAY_0,
    DEAL,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    on_promise,
    opened,
    promise,
    request,
    voided,
)
from tests.projections.standing import force, force_now, mapped, moment, no, on, routine, standing


def test_a_deal_just_opened() -> None:
    story = Story(DEAL)
    story.tell(opened(day=0))
    row = list_row(story.stream)
    assert (row.visibility, row.openers, row.parties) == (Visibility.TEAM, [SELLER], [SELLER])
    assert (row.status, row.outcome, row.stage, row.forces_net) == ("open", None, None, None)
    assert (row.dues, row.attention_at, row.has_routine) == ([], None, False)
    assert (row.opened_at, row.last_event_at) == (DAY_0, DAY_0)


def test_everybody_who_ever_joined_is_listed_in_order() -> None:
    deal = a_deal(fact("participant.left", party_id=USER), joined(BUYER, "buyer", roles=["champion"]))
    assert list_row(deal.stream).parties == [SELLER, BUYER, USER, COACH]


def test_a_first_fact_that_was_somebody_elses_act_has_two_openers() -> None:
    first = replace(a_deal().records[0].fact, acting_party=BUYER)
    assert list_row(fold(DEAL, [first])).openers == [SELLER, BUYER]


def test_a_widened_first_fact_widens_the_row() -> None:
    story = Story(DEAL)
    first = story.tell(opened(visibility="private"))[0]
    assert list_row(story.stream).visibility == Visibility.PRIVATE
    story.tell(fact("visibility.widened", target_event_id=first.event_id, to="team"))
    assert list_row(story.stream).visibility == Visibility.TEAM
    assert list_row(standing(story)).visibility == Visibility.TEAM


def test_a_deal_is_closed_with_an_outcome_until_it_is_reopened() -> None:
    deal = a_deal(fact("stage.entered", stage="deciding"), fact("deal.closed", outcome="lost"))
    row = list_row(deal.stream)
    assert (row.status, row.outcome, row.stage) == ("closed", "lost", "deciding")
    deal.tell(fact("deal.reopened", reason="The budget came"))
    row = list_row(deal.stream)
    assert (row.status, row.outcome) == ("open", None)


def test_a_goal_is_active_until_something_else_is_recorded() -> None:
    goal = a_goal()
    assert (list_row(goal.stream).status, list_row(goal.stream).outcome) == ("active", None)
    goal.tell(fact("goal.status_changed", lifecycle="on_hold", achievement="worsening"))
    assert (list_row(goal.stream).status, list_row(goal.stream).outcome) == ("on_hold", "worsening")


def test_forces_that_move_less_those_that_hold() -> None:
    """The example of the definition of forces: 11 against 10, and 5 once an anxiety of 4 is gone."""
    deal = a_deal(
        force("a", "push", 4),
        force("b", "push", 2),
        force("c", "pull", 5),
        force("d", "anxiety", 3),
        force("e", "anxiety", 4),
        force("f", "habit", 3),
    )
    assert list_row(deal.stream).forces_net == 1
    deal.tell(force_now("e", 0))
    assert list_row(deal.stream).forces_net == 5
    deal.tell(force_now("e", 1))
    assert list_row(deal.stream).forces_net == 4


def test_forces_all_gone_are_0_and_forces_never_seen_are_unknown() -> None:
    assert list_row(a_deal(force("a", "habit", 2), force_now("a", 0)).stream).forces_net == 0
    assert list_row(a_deal().stream).forces_net is None


def test_the_dues_of_promises_made_and_open_come_in_order() -> None:
    deal = a_deal(
        promise("late", due_at="2026-05-01T12:00:00Z"),
        promise("early", due_at=on("2026-04-10")),
        promise("kept", due_at="2026-04-02T12:00:00Z"),
        promise("whenever"),
        request("asked for", due_at="2026-04-01T12:00:00Z"),
        on_promise("fulfilled", "kept"),
    )
    row = list_row(deal.stream)
    assert row.dues == [moment("2026-04-10 22:00"), moment("2026-05-01 12:00")]
    assert row.attention_at == moment("2026-04-09 22:00"), "what is due on a day is near from its beginning"


def test_a_renegotiated_promise_is_due_when_both_sides_agreed() -> None:
    deal = a_deal(promise("p", due_at="2026-04-10T12:00:00Z"))
    deal.tell(on_promise("renegotiated", "p", due_at="2026-04-20T12:00:00Z"))
    assert list_row(deal.stream).dues == [moment("2026-04-10 12:00")]
    deal.tell(on_promise("renegotiated", "p", due_at="2026-04-20T12:00:00Z", agreed_by=BUYER))
    assert list_row(deal.stream).dues == [moment("2026-04-20 12:00")]


def test_closing_other_than_won_lets_promises_and_milestones_go() -> None:
    told = promise("p", due_at="2026-04-10T12:00:00Z"), mapped(("signed", "buyer", "2026-04-05T12:00:00Z"))
    lost = list_row(a_deal(*told, fact("deal.closed", outcome="lost")).stream)
    assert (lost.dues, lost.attention_at) == ([], None)
    won = list_row(a_deal(*told, fact("deal.closed", outcome="won")).stream)
    assert (won.dues, won.attention_at) == ([moment("2026-04-10 12:00")], moment("2026-04-05 12:00"))


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        (
            mapped(("signed", "buyer", "2026-04-05T12:00:00Z")),
            fact("milestone.reached", milestone_id=known_as("signed")),
        ),
        (mapped(("signed", "buyer", "2026-04-05T12:00:00Z")), mapped(("other", "buyer", None))),
        (no("n", revisit_at="2026-04-05T12:00:00Z"), fact("no.lifted", no_id=known_as("n"), because="It ended")),
    ],
    ids=["a milestone reached", "a milestone no longer on the map", "a no lifted"],
)
def test_what_is_settled_needs_no_attention(told: object, settled: object) -> None:
    deal = a_deal(told)  # type: ignore[arg-type]
    assert list_row(deal.stream).attention_at == moment("2026-04-05 12:00")
    deal.tell(settled)  # type: ignore[arg-type]
    assert list_row(deal.stream).attention_at is None


def test_a_milestone_mapped_again_is_due_when_the_last_map_says() -> None:
    deal = a_deal(mapped(("signed", "buyer", "2026-04-05T12:00:00Z")))
    deal.tell(mapped(("signed", "buyer", "2026-05-05T12:00:00Z")))
    assert list_row(deal.stream).attention_at == moment("2026-05-05 12:00")


def test_a_routine_counts_until_it_ended() -> None:
    goal = a_goal(routine("listening"))
    assert list_row(goal.stream).has_routine
    goal.tell(fact("routine.ended", routine_id=known_as("listening")))
    assert not list_row(goal.stream).has_routine


def test_late_facts_do_not_move_the_last_event_back() -> None:
    deal = a_deal(fact("note.recorded", text="Now", day=5))
    deal.tell(fact("note.recorded", text="Late", day=2), at=day(6))
    assert list_row(deal.stream).last_event_at == day(5)


def test_the_words_of_a_deal_follow_every_change() -> None:
    deal = a_deal(fact("deal.changed", customer="Maasdijk", product="Rota"))
    assert card(deal.stream) == Card("Shift planning", "Maasdijk", "Rota")
    deal.tell(fact("deal.changed", title="Night shifts", customer=None))
    assert card(deal.stream) == Card("Night shifts", None, "Rota")


def test_a_voided_change_changes_nothing() -> None:
    deal = a_deal()
    change = deal.tell(fact("deal.changed", title="Night shifts"))[0]
    deal.tell(voided(change.event_id))
    assert card(deal.stream) == card(standing(deal)) == Card("Shift planning")


def test_the_title_of_a_goal_is_its_statement() -> None:
    goal = a_goal()
    assert card(goal.stream) == Card("Speak Portuguese at the table")
    goal.tell(fact("goal.restated", statement="Speak it on Sundays"))
    assert card(goal.stream) == Card("Speak it on Sundays")


def test_erased_words_are_not_shown() -> None:
    story = Story(DEAL)
    story.tell(opened(title=ERASED, customer=ERASED))
    assert card(story.stream) == Card()


def test_a_fork_has_the_row_it_would_have_alone() -> None:
    deal = a_deal(promise("p", due_at="2026-04-10T12:00:00Z"), force("f", "push", 3))
    fork = deal.stream.fork()
    more = a_deal(promise("p", due_at="2026-04-10T12:00:00Z"), force("f", "push", 3)).tell(
        on_promise("fulfilled", "p"), force_now("f", 1)
    )
    for one in more:
        evolve(fork, one)
    assert list_row(deal.stream).dues == [moment("2026-04-10 12:00")]
    assert (list_row(fork).dues, list_row(fork).forces_net) == ([], 1)
    fork.merge()
    assert list_row(deal.stream) == list_row(alone(deal.stream))


def test_only_what_is_open_is_looked_at() -> None:
    """A row must cost the same on the ten-thousandth fact: what is settled leaves the index."""
    deal = a_deal()
    for number in range(100):
        deal.tell(promise(f"p{number}"), on_promise("fulfilled", f"p{number}"))
    assert deal.stream.open_things() == []
    assert len(deal.stream.own_open) == 0


def alone(stream: Stream) -> Stream:
    """The same facts folded from nothing."""
    return fold(stream.stream_id, list(stream.facts))


def test_moments_are_in_utc() -> None:
    row = list_row(a_deal(promise("p", due_at="2026-04-10T14:00:00+02:00")).stream)
    assert row.dues == [datetime(2026, 4, 10, 12, tzinfo=UTC)]
