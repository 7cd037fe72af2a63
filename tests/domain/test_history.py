"""What held when, as known when: cuts by both clocks, in the order in which things happened."""

from datetime import datetime, timedelta

import pytest

from domain.facts import Visibility
from domain.history import effective, effective_times, known
from domain.stream import evolve, fold, initial
from tests.domain.telling import (
    BUYER,
    DEAL,
    THE_BUYER,
    Story,
    a_deal,
    corrected,
    day,
    fact,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    opened,
    promise,
    refolded,
    told_state,
    voided,
)


def types(story: Story, as_of: datetime | None = None, known_at: datetime | int | None = None) -> list[str]:
    return [record.fact.type for record in effective(story.records, as_of, known_at, story.stream)]


def test_a_late_entry_stands_where_it_happened() -> None:
    deal = Story(DEAL)
    deal.tell(opened(day=0))
    deal.tell(noted("second", day=5))
    deal.tell(noted("first", day=2), at=day(6))
    assert [record.fact.data for record in effective(deal.records)][1:] == [noted("first").data, noted("second").data]
    assert types(deal, as_of=day(3)) == ["deal.opened", "note.recorded"]
    assert not deal.stream.in_order


def test_known_at_shows_what_could_be_known() -> None:
    deal = Story(DEAL)
    deal.tell(opened(day=0))
    deal.tell(noted("late", day=2), at=day(6))
    assert types(deal, as_of=day(3), known_at=day(5)) == ["deal.opened"]
    assert types(deal, as_of=day(3), known_at=day(6)) == ["deal.opened", "note.recorded"]


@pytest.mark.parametrize(("position", "expected"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_known_at_a_position_leaves_the_position_out(position: int, expected: int) -> None:
    deal = Story(DEAL)
    deal.tell(opened(), noted())
    assert len(known(deal.records, position)) == expected


def test_a_fact_never_counts_before_what_it_refers_to() -> None:
    deal = a_deal()
    deal.tell(promise("p", day=4))
    deal.tell(on_promise("fulfilled", "p", day=2), at=day(5))
    assert types(deal, as_of=day(3))[-1] == "participant.joined"
    assert types(deal, as_of=day(4))[-2:] == ["commitment.made", "commitment.fulfilled"]


def test_a_step_never_counts_before_the_step_it_followed() -> None:
    deal = a_deal()
    deal.tell(objection("o", day=1), on_objection("resolved", "o", day=5))
    deal.tell(on_objection("confirmed", "o", by=BUYER, day=3), at=day(6))
    assert types(deal, as_of=day(4))[-1] == "objection.raised"
    assert types(deal)[-2:] == ["objection.resolved", "objection.confirmed"]


def test_a_promise_put_differently_after_it_was_settled_stays_settled() -> None:
    """A phone tells on day 6 that it was kept on day 2, and the two have changed it on day 4."""
    for settled in ("fulfilled", "broken", "cancelled", "released"):
        deal = a_deal(promise("p", day=1))
        deal.tell(on_promise("renegotiated", "p", agreed_by=BUYER, day=4))
        deal.tell(on_promise(settled, "p", on_behalf_of=BUYER if settled == "released" else None, day=2), at=day(6))
        assert types(deal)[-2:] == [f"commitment.{settled}", "commitment.renegotiated"]
        happened = fold(DEAL, [record.fact for record in effective(deal.records)])
        assert [thing.state for thing in happened.things()] == [settled]


def test_nothing_counts_before_the_stream_began() -> None:
    deal = Story(DEAL)
    deal.tell(opened(day=3))
    deal.tell(noted(day=1), at=day(3))
    assert effective_times(deal.stream) == [day(3), day(3)]


def test_facts_of_one_moment_stay_in_the_order_in_which_they_came() -> None:
    deal = Story(DEAL)
    deal.tell(opened(day=0), *(noted(str(number), day=1) for number in range(9)))
    deal.tell(noted("early", day=0), at=day(1))
    texts = [record.fact.data.text for record in effective(deal.records)[1:]]
    assert texts == ["early", *map(str, range(9))]


def test_a_void_hides_its_target_and_itself_but_only_once_it_is_known() -> None:
    deal = a_deal()
    deal.tell(promise("p", id=known_as("made"), day=1))
    deal.tell(voided(known_as("made"), day=8))
    assert "commitment.made" not in types(deal)
    assert "event.voided" not in types(deal)
    assert types(deal, known_at=day(7))[-1] == "commitment.made"


def test_a_void_is_cut_by_when_it_was_known_only() -> None:
    deal = a_deal()
    deal.tell(noted(id=known_as("note"), day=1))
    deal.tell(voided(known_as("note"), day=8))
    assert "note.recorded" not in types(deal, as_of=day(2))


def test_a_correction_holds_from_when_it_was_recorded() -> None:
    deal = a_deal()
    deal.tell(noted("wrong", id=known_as("note"), day=1))
    deal.tell(corrected(known_as("note"), {"text": "right"}, day=8))
    after = effective(deal.records, as_of=day(2))[-1].fact
    before = effective(deal.records, as_of=day(2), known_at=day(7))[-1].fact
    assert (after.data.text, before.data.text) == ("right", "wrong")
    assert after.event_id == before.event_id == known_as("note")


def confirmed_by_the_buyer() -> Story:
    deal = a_deal(shared=True)
    needed = {"summary": "Fridays without calls", "by": BUYER, "accurate": "yes"}
    deal.tell(fact("understanding.confirmed", id=known_as("said"), **needed), by=THE_BUYER)
    return deal


@pytest.mark.parametrize(
    ("change", "attestation"), [({"summary": "Quiet Fridays"}, "counterparty"), ({"accurate": "partly"}, "self")]
)
def test_changing_more_than_words_loses_the_counterpartys_word(change: dict[str, str], attestation: str) -> None:
    deal = confirmed_by_the_buyer()
    needed = {"summary": "Fridays without calls", "by": BUYER, "accurate": "yes", **change}
    deal.tell(corrected(known_as("said"), needed), by=THE_BUYER)
    assert effective(deal.records)[-1].fact.attestation == attestation


def test_a_widened_fact_has_its_wider_visibility() -> None:
    deal = a_deal()
    deal.tell(noted(id=known_as("note"), day=1, visibility="private"))
    deal.tell(fact("visibility.widened", target_event_id=known_as("note"), to="shared", day=2))
    assert effective(deal.records)[-2].fact.visibility is Visibility.SHARED
    assert effective(deal.records, known_at=day(1))[-1].fact.visibility is Visibility.PRIVATE


def test_the_cut_is_the_same_with_and_without_the_folded_stream() -> None:
    deal = a_deal(promise("p", id=known_as("made")), objection("o"), voided(known_as("made")))
    deal.tell(noted(day=3))
    for as_of in (None, day(0), day(2), day(3)):
        assert effective(deal.records, as_of) == effective(deal.records, as_of, stream=deal.stream)


def test_what_a_caller_may_see_can_be_cut_like_the_whole() -> None:
    deal = a_deal(shared=True)
    deal.tell(objection("o", visibility="shared"), noted("inside", id=known_as("note")), noted(visibility="shared"))
    deal.tell(voided(known_as("note")))
    seen = effective(deal.seen_by(THE_BUYER))
    assert [record.fact.type for record in seen] == ["deal.opened", "objection.raised", "note.recorded"]


def test_facts_in_the_order_in_which_they_happened_fold_to_the_same_state() -> None:
    deal = a_deal()
    deal.tell(promise("p", day=4), objection("o", day=2), on_objection("answered", "o", day=5), at=day(6))
    deal.tell(on_promise("fulfilled", "p", day=1), fact("stage.entered", stage="deciding", day=3), at=day(7))
    stream = initial(DEAL)
    for record in effective(deal.records):
        evolve(stream, record.fact)
    assert told_state(stream) == told_state(refolded(deal))
    assert stream.in_order


def test_an_empty_history_is_empty() -> None:
    assert effective([]) == []
    assert effective(a_deal().records, known_at=day(0) - timedelta(days=1)) == []
