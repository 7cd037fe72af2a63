"""The ledger of help and pressure, what was disclosed, and whether pauses in selling were kept."""

from typing import Any

import pytest

from domain.facts import Proposal
from projections.help import (
    Help,
    HelpEntry,
    Intent,
    KindCount,
    Pressure,
    PurposeCount,
    Recommendation,
    help_ledger,
)
from tests.domain.telling import BUYER, COACH, SELLER, USER, Story, a_deal, a_goal, day, fact, known_as, promise, voided
from tests.projections.standing import asked, erased, on, wordless


def asked_at(story: Story, number: float = 60) -> Help:
    return help_ledger(asked(story, day(number)))


def helped(name: str, by: Any = SELLER, to: Any = BUYER, when: float = 1, **more: Any) -> Proposal:
    said = {"help_id": known_as(name), "to": to, "kind": "advice", **more}
    return fact("help.given", on_behalf_of=by, day=when, **said)


def thanked(name: str, useful: bool = True, by: Any = BUYER, when: float = 2) -> Proposal:
    return fact("help.confirmed", help_id=known_as(name), by=by, useful=useful, day=when)


def pressed(kind: str = "quarter_end", beneficiary: str = "seller", when: float = 3) -> Proposal:
    return fact("pressure.applied", kind=kind, beneficiary=beneficiary, day=when)


def contact(when: float = 1, **more: Any) -> Proposal:
    return fact("interaction.logged", **{"direction": "outbound", "initiated_by": SELLER, **more}, day=when)


def presented(when: float) -> Proposal:
    return fact("feature.presented", feature="Shift swap", requested=False, day=when)


def paused(when: float, until: Any = None) -> Proposal:
    return fact("selling_pause.started", **({} if until is None else {"until": until}), day=when)


def ended(when: float) -> Proposal:
    return fact("selling_pause.ended", day=when)


def test_nothing_was_given_or_pushed_for() -> None:
    found = asked_at(a_deal())
    counts = (found.given, found.outside_sale, found.free, found.confirmed, found.not_useful, found.received)
    assert (*counts, found.pressure, found.benefits_disclosed, found.contacts, found.pauses_kept) == (0,) * 10
    shares = (found.help_share, found.self_orientation, found.no_ask_share, found.value_share)
    assert (*shares, found.disclosed_first, found.selling_disclosed_at, found.first_pitch_at) == (None,) * 7
    lists = (found.own_motives, found.by_purpose, found.pressure_by_kind, found.pauses, found.help)
    assert (*lists, found.pressures, found.recommended, found.intents) == ([],) * 8
    assert found.changes_at is None


def test_a20_help_against_pressure() -> None:
    story = a_deal(helped("one"), helped("two"), helped("three"), pressed())
    found = asked_at(story)
    assert (found.given, found.pressure, found.help_share) == (3, 1, 0.75)


def test_b5_b6_d6_pressure_by_kind_and_for_whose_sake() -> None:
    story = a_deal(pressed(), pressed("chasing"), pressed("chasing", "buyer"))
    found = asked_at(story)
    assert (found.pressure, found.self_orientation, found.help_share) == (3, 0.666667, 0.0)
    assert found.pressure_by_kind == [KindCount(kind="quarter_end", count=1), KindCount(kind="chasing", count=2)]
    event = story.records[4].fact.event_id
    assert found.pressures[0] == Pressure(
        event_id=event, kind="quarter_end", beneficiary="seller", by=SELLER, at=day(3)
    )


def test_b8_e10_e11_help_outside_the_sale_free_and_confirmed() -> None:
    story = a_deal(
        helped("time", kind="time", free=True, outside_sale=True, giver_benefit="I like to be asked"),
        thanked("time"),
        helped("content", kind="content"),
        thanked("content", useful=False),
        helped("intro"),
    )
    found = asked_at(story)
    assert (found.given, found.outside_sale, found.free, found.confirmed, found.not_useful) == (3, 1, 1, 1, 1)
    assert found.help[0] == HelpEntry(
        help_id=known_as("time"),
        kind="time",
        by=SELLER,
        to=BUYER,
        direction="given",
        outside_sale=True,
        free=True,
        benefit_disclosed=True,
        giver_benefit="I like to be asked",
        given_at=day(1),
        confirmed_at=day(2),
        useful=True,
        evidence=[record.fact.event_id for record in story.records[4:6]],
    )
    assert (found.help[2].useful, found.help[2].confirmed_at, found.help[2].giver_benefit) == (None, None, None)


def test_nobody_confirms_their_own_help() -> None:
    story = a_deal(helped("intro"), thanked("intro", by=SELLER))
    assert (asked_at(story).confirmed, asked_at(story).help[0].useful) == (0, None)
    story.tell(thanked("intro", useful=False, by=USER, when=3), thanked("intro", by=BUYER, when=4))
    assert asked_at(story).help[0].useful is True  # what was said last


def test_b3_what_is_in_it_for_the_giver() -> None:
    motive = {"layer": "professional", "statement": "To be known for it", "polarity": "served"}
    story = a_deal(
        helped("intro", giver_benefit="A name in the trade"),
        fact("motive.recorded", motive_id=known_as("mine"), party_id=SELLER, **motive),
        fact("motive.recorded", motive_id=known_as("theirs"), party_id=BUYER, **motive),
    )
    found = asked_at(story)
    assert (found.benefits_disclosed, found.own_motives) == (1, [known_as("mine")])


def test_help_that_the_house_receives_is_not_what_it_gives() -> None:
    story = a_deal(helped("theirs", BUYER, SELLER), helped("among them", BUYER, USER), helped("coach", COACH, SELLER))
    found = asked_at(story)
    assert [one.direction for one in found.help] == ["received", "other", "received"]
    assert (found.given, found.received, found.help_share) == (0, 2, None)


def test_on_a_goal_the_owner_is_the_house() -> None:
    found = asked_at(a_goal(helped("advice", COACH, SELLER), helped("back", SELLER, COACH)))
    assert [one.direction for one in found.help] == ["received", "given"]


def test_b9_the_competition_was_recommended() -> None:
    story = a_deal(fact("alternative.recommended", kind="competitor", reason="They do depots", day=1))
    assert asked_at(story).recommended == [
        Recommendation(event_id=story.records[4].fact.event_id, kind="competitor", reason="They do depots", at=day(1))
    ]


def test_e6_e7_value_given_and_nothing_asked() -> None:
    story = a_deal(
        contact(value_given=True), contact(ask=True, purpose="demo"), contact(purpose="demo"), contact(purpose="social")
    )
    found = asked_at(story)
    assert (found.contacts, found.no_ask_share, found.value_share) == (4, 0.75, 0.25)


def test_a25_what_the_contacts_were_for() -> None:
    story = a_deal(contact(purpose="social"), contact(purpose="planning"), contact(purpose="planning"))
    assert asked_at(story).by_purpose == [
        PurposeCount(purpose="planning", contacts=2, share=0.666667, then_for=0, then_against=0),
        PurposeCount(purpose="social", contacts=1, share=0.333333, then_for=0, then_against=0),
    ]


def test_a25_which_contacts_came_before_what_speaks_for_and_against() -> None:
    story = a_deal(
        pressed(when=1),  # before any contact
        contact(2, purpose="social"),
        pressed(when=3),
        contact(4, purpose="planning"),
        helped("intro", when=5, outside_sale=True),
        promise("list", due_at=day(9).isoformat(), day=5),
    )
    before, after = asked_at(story, 8), asked_at(story, 10)
    assert [(one.purpose, one.then_for, one.then_against) for one in before.by_purpose] == [
        ("planning", 1, 0),
        ("social", 0, 1),
    ]
    assert (before.by_purpose[0].then_against, before.changes_at) == (0, day(9))
    assert (after.by_purpose[0].then_against, after.changes_at) == (1, None)  # the promise is overdue by then


def declared(intent: str, when: float, by: Any = SELLER) -> Proposal:
    return fact("intent.declared", by=by, intent=intent, to=BUYER, day=when)


def test_e5_said_first_that_they_want_to_sell() -> None:
    story = a_deal(declared("help", 1), declared("close", 1, BUYER), declared("sell", 2), presented(2))
    found = asked_at(story)
    assert (found.selling_disclosed_at, found.first_pitch_at, found.disclosed_first) == (day(2), day(2), True)
    assert [one.intent for one in found.intents] == ["help", "close", "sell"]
    event = story.records[4].fact.event_id
    assert found.intents[0] == Intent(event_id=event, by=SELLER, side="seller", intent="help", to=BUYER, at=day(1))


@pytest.mark.parametrize("told", [[contact(1, ask=True), declared("sell", 2)], [presented(1)]])
def test_sold_before_it_was_said(told: list[Proposal]) -> None:
    assert asked_at(a_deal(*told)).disclosed_first is False


def test_pressure_is_not_the_first_pitch() -> None:
    assert asked_at(a_deal(pressed())).first_pitch_at is None


def test_e1_a_month_without_selling_was_kept() -> None:
    story = a_deal(presented(0), paused(1, day(31).isoformat()), contact(10), presented(31), ended(40))
    found = asked_at(story, 50)
    assert [(one.state, one.pitches) for one in found.pauses] == [("kept", [])]
    one = found.pauses[0]
    assert (one.started_at, one.until, one.ended_at, found.pauses_kept) == (day(1), day(31), day(40), 1)


def test_a_pause_runs_until_it_is_over() -> None:
    story = a_deal(paused(1, day(31).isoformat()))
    running, over = asked_at(story, 30.9), asked_at(story, 31)
    assert (running.pauses[0].state, running.pauses_kept, running.changes_at) == ("running", 0, day(31))
    assert (over.pauses[0].state, over.pauses_kept, over.changes_at) == ("kept", 1, None)


@pytest.mark.parametrize("pitch", [presented(5), pressed(when=5), contact(5, ask=True)])
def test_a_pitch_inside_is_marked_and_breaks_the_pause(pitch: Proposal) -> None:
    story = a_deal(paused(1, day(31).isoformat()), pitch)
    found = asked_at(story, 6)
    assert (found.pauses[0].state, found.pauses[0].pitches) == ("broken", [story.records[-1].fact.event_id])
    assert (found.pauses_kept, found.changes_at) == (0, None)


def test_a_pause_ended_before_its_time_or_without_one() -> None:
    early = a_deal(paused(1, day(31).isoformat()), ended(20), presented(25))
    assert (asked_at(early).pauses[0].state, asked_at(early).pauses[0].pitches) == ("ended_early", [])
    open_end = a_deal(paused(1), contact(4))
    assert (asked_at(open_end).pauses[0].state, asked_at(open_end).changes_at) == ("running", None)
    open_end.tell(ended(20))
    assert asked_at(open_end).pauses[0].state == "kept"


def test_a_pause_until_a_day_may_end_on_that_day() -> None:
    story = a_deal(paused(1, on("2026-03-12")), ended(10.1))
    found = asked_at(story).pauses[0]
    assert found.state == "kept"
    assert found.until is not None
    assert found.until.isoformat() == "2026-03-12T23:00:00+00:00"


def test_as_it_was_before_the_pressure() -> None:
    story = a_deal(helped("one"), pressed(when=3))
    assert help_ledger(asked(story, as_of=day(2))).help_share == 1.0


def test_voided_pressure_was_never_applied() -> None:
    story = a_deal(helped("one"))
    before = asked_at(story)
    event = story.tell(pressed())[0]
    assert asked_at(story).pressure == 1
    story.tell(voided(event.event_id), at=day(4))
    assert asked_at(story) == before


def test_erased_words_change_no_figure() -> None:
    story = a_deal(helped("intro", giver_benefit="A name in the trade"), pressed())
    story.tell(fact("alternative.recommended", kind="in_house", reason="They have a planner", day=4))
    now = help_ledger(erased(story, day(60)))
    assert (now.help[0].giver_benefit, now.help[0].benefit_disclosed, now.recommended[0].reason) == (None, True, None)
    assert wordless(story, now) == wordless(story, asked_at(story))
