"""The proof loop: runs, shares and strength of routines, and what their owner makes of them."""

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from projections.proof_loop import Cadence, Efficacy, ProofLoop, StepsInPlace, proof_loop
from projections.routine_loop import RoutineLoop
from projections.streaks import Mark, completion, middle, run, strength
from tests.domain.telling import (
    DAY_0,
    SELLER,
    Story,
    a_goal,
    corrected,
    day,
    fact,
    known_as,
    on_promise,
    promise,
    voided,
)
from tests.projections.standing import asked, erased, moment, routine, wordless


def asked_at(story: Story, number: float) -> ProofLoop:
    return proof_loop(asked(story, day(number)))


def loop(story: Story, number: float) -> RoutineLoop:
    return asked_at(story, number).routines[0]


def checked(number: int, status: str = "done", name: str = "listen") -> Proposal:
    date = (DAY_0 + timedelta(days=number)).date().isoformat()
    return fact("checkin.recorded", routine_id=known_as(name), local_date=date, status=status, day=number)


def a_practice(days: str, **schedule: Any) -> Story:
    """A routine from day 0 on, in UTC: one letter a day for done, partial, missed, skipped; a dot for no check-in."""
    meant = {"d": "done", "p": "partial", "m": "missed", "s": "skipped"}
    told = [checked(number, meant[letter]) for number, letter in enumerate(days) if letter != "."]
    story = a_goal(routine("listen", "UTC", **schedule))
    if told:
        story.tell(*told)
    return story


def marks(letters: str, times: int = 1, days: int = 1) -> list[Mark]:
    meant: dict[str, Any] = {"d": "done", "p": "partial", "m": "missed"}
    return [Mark(meant[letter], times, days) for letter in letters]  # type: ignore[arg-type]  # a whole number is exact


def test_a_goal_without_routines() -> None:
    found = asked_at(a_goal(), 0)
    assert (found.routines, found.locus_index, found.attributions, found.efficacy) == ([], None, 0, [])
    assert (found.setbacks, found.holds, found.changes_at) == ([], [], None)
    assert found.cadence == Cadence(days=1, active_days=0, share=0.0, reaffirmations=0, checkins=0, last_at=None)
    assert found.steps == StepsInPlace(
        tied_to_identity=False, ties=[], made_smaller=False, smaller_steps=[], looping=False, loops=[]
    )
    assert (found.trust.score, found.trust.certainty, found.trust.label) == (0.5, 0.0, "unknown")


def test_v16_fourteen_days_with_two_misses_and_a_skip() -> None:
    found = asked_at(a_practice("dddddmdddmdsdd"), 13)
    one = found.routines[0]
    assert (one.streak, one.longest, one.done, one.missed, one.partial, one.skipped) == (3, 5, 11, 2, 0, 1)
    assert (one.completion, one.strength) == (0.846154, 0.420004)
    assert (one.recovery, one.longest_gap, one.comebacks) == (1.0, 1, 2)
    assert (one.routine_id, one.name, one.running, one.size, one.counted_from) == (
        known_as("listen"),
        "listen",
        True,
        "normal",
        day(0),
    )
    trust = found.trust
    assert (trust.score, trust.low, trust.high, trust.label) == (0.791334, 0.5904, 0.9406, "trusted")
    assert trust.certainty == pytest.approx(1 - 0.152147, abs=1e-6)


def test_days_without_a_check_in_are_missed_once_they_are_over() -> None:
    story = a_practice("dd..d")
    assert (loop(story, 2).streak, loop(story, 2).missed) == (2, 0)  # day 2 is not over
    late = loop(story, 4)
    assert (late.streak, late.missed, late.longest_gap, late.recovery) == (1, 2, 2, 2.0)
    assert asked_at(a_practice("dd"), 2).changes_at == moment("2026-03-05 00:00")


def test_the_running_period_counts_only_once_it_is_done() -> None:
    for letter in "pm.s":
        one = loop(a_practice("dd" + letter), 2)
        assert (one.streak, one.done, one.partial, one.missed, one.completion) == (2, 2, 0, 0, 1.0)
    assert loop(a_practice("ddd"), 2).streak == 3
    over = loop(a_practice("ddp"), 3)
    assert (over.streak, over.partial, over.completion) == (0, 1, 0.833333)


def test_of_two_results_the_later_stands() -> None:
    story = a_practice("dm")
    story.tell(fact("checkin.recorded", routine_id=known_as("listen"), local_date="2026-03-03", status="done", day=4))
    assert loop(story, 4).streak == 0
    assert (loop(story, 2).done, loop(story, 2).missed) == (2, 0)


def test_skipped_days_and_days_that_do_not_ask_are_as_if_they_were_not_there() -> None:
    assert (loop(a_practice("ddssd"), 4).streak, loop(a_practice("ddssd"), 4).skipped) == (3, 2)
    weekdays = loop(a_practice("d.d.d..d.d", weekdays=["monday", "wednesday", "friday"]), 9)
    assert (weekdays.streak, weekdays.missed, weekdays.completion) == (5, 0, 1.0)


def test_a_period_that_asks_several_times() -> None:
    story = a_practice("d.d.d..d..p...m", times=3, per="week")  # Monday is day 0
    assert loop(story, 4).streak == 1  # three times is enough before the week is over
    assert loop(story, 9).streak == 1
    one = loop(story, 28)
    assert (one.done, one.partial, one.missed, one.completion) == (1, 1, 2, 0.375)


def test_a_week_of_which_the_rest_was_skipped() -> None:
    assert loop(a_practice("d.s", times=3, per="week"), 7).skipped == 1
    assert loop(a_practice("ddds", times=3, per="week"), 7).done == 1


def test_recent_completion_looks_back_thirty_days() -> None:
    one = loop(a_practice("m" * 10 + "d" * 30), 40)
    assert (one.completion, one.recent_completion) == (0.75, 1.0)
    assert loop(a_practice("d"), 60).recent_completion == 0.0


def test_comebacks_are_three_in_a_row_after_a_miss() -> None:
    assert [run(marks(days)).comebacks for days in ("ddd", "mdd", "mddd", "mddpddd", "mdddddd", "mdmdddmddd")] == [
        0,
        0,
        1,
        1,
        1,
        2,
    ]


def test_recovery_runs_from_the_first_miss_to_the_next_done() -> None:
    assert run(marks("dmmpdmdm")).recoveries == [3, 1]
    assert run(marks("dmmpdmdm")).longest_gap == 3
    assert [middle([]), middle([3]), middle([1, 2]), middle([5, 1, 3])] == [None, 3.0, 1.5, 3.0]


def test_strength_as_the_formula_has_it() -> None:
    kept = 0.5 ** (1 / 13)
    assert strength([]) == 0.0
    assert strength(marks("d")) == round(1 - kept, 6)
    assert strength(marks("dp")) == round((1 - kept) * kept + (1 - kept) / 2, 6)
    assert strength(marks("d" * 13)) == 0.5
    weekly = 0.5 ** (3**0.5 / 7**0.5 / 13 * 7)  # three times a week, for the seven days that the week stands for
    assert strength(marks("d", times=3, days=7)) == round(1 - weekly, 6)
    assert 0.999 < strength(marks("d" * 200)) <= 1.0


def test_on_fixed_weekdays_a_week_is_as_strong_as_so_many_times_a_week() -> None:
    days = ["monday", "wednesday", "friday"]
    fixed, free = a_practice("d.d.d..", weekdays=days), a_practice("d.d.d..", times=3, per="week")
    assert loop(fixed, 7).strength == loop(free, 7).strength


def test_completion_counts_a_partial_as_half() -> None:
    assert [completion(marks(days)) for days in ("", "dp", "pm", "ddm")] == [None, 0.75, 0.25, 0.666667]


def test_a_routine_that_ended_or_rests_is_not_missed() -> None:
    story = a_practice("dd")
    story.tell(fact("routine.ended", routine_id=known_as("listen"), day=1.5))
    ended = asked_at(story, 30)
    assert (ended.routines[0].missed, ended.routines[0].running, ended.steps.looping) == (0, False, False)
    held = a_practice("dd")
    held.tell(fact("goal.status_changed", lifecycle="on_hold", day=1.5))
    held.tell(fact("goal.status_changed", lifecycle="active", day=11))
    assert (loop(held, 11).missed, asked_at(held, 8).changes_at is None) == (0, False)
    assert asked_at(held, 11).holds[0].days == 9.5
    open_hold = proof_loop(asked(held, as_of=day(8)))
    assert (open_hold.holds[0].since, open_hold.holds[0].until, open_hold.holds[0].days) == (day(1.5), None, 6.5)
    assert loop(held, 13).missed == 2


def test_several_routines_in_the_order_in_which_they_were_set() -> None:
    story = a_practice("d")
    story.tell(routine("speak", "UTC", times=1, per="week", day=1))
    assert [one.name for one in asked_at(story, 2).routines] == ["listen", "speak"]


def test_a40_what_it_is_put_down_to_and_how_sure_they_are() -> None:
    story = a_goal()
    target = story.records[0].fact.event_id
    story.tell(
        *(
            fact("attribution.recorded", target_event_id=target, locus=locus, day=1)
            for locus in ("internal", "internal", "external", "mixed")
        ),
        fact("confidence.stated", about="The first month", value=4, day=2),
        fact("confidence.stated", about="The first month", value=7.5, day=9),
    )
    found = asked_at(story, 10)
    assert (found.locus_index, found.attributions) == (0.25, 4)
    events = [record.fact.event_id for record in story.records[-2:]]
    assert found.efficacy == [
        Efficacy(event_id=events[0], by=SELLER, about="The first month", value=4, at=day(2)),
        Efficacy(event_id=events[1], by=SELLER, about="The first month", value=7.5, at=day(9)),
    ]


def test_a44_how_long_it_took_to_come_back_from_a_setback() -> None:
    story = a_practice("dd...d")
    story.tell(fact("setback.recorded", reason="Travel", day=2), fact("setback.recorded", reason="Ill", day=6))
    first, second = asked_at(story, 7).setbacks
    assert (first.reason, first.at, first.recovered_at, first.recovery_days) == ("Travel", day(2), day(5), 3.0)
    assert (first.event_id, second.recovered_at, second.recovery_days) == (
        story.records[-2].fact.event_id,
        None,
        None,
    )


def test_a46_how_steadily_they_came_back_to_it() -> None:
    story = a_practice("d.d")
    motive = {"layer": "personal", "statement": "To belong", "polarity": "served", "party_id": SELLER}
    story.tell(fact("motive.recorded", motive_id=known_as("why"), **motive, day=0))
    story.tell(fact("value.reaffirmed", target=known_as("why"), how="The letter", day=2))
    story.tell(fact("value.reaffirmed", target=known_as("why"), how="Again", local_date="2026-03-06", day=3))
    found = asked_at(story, 5)
    assert found.cadence == Cadence(days=6, active_days=3, share=0.5, reaffirmations=2, checkins=2, last_at=day(3))
    assert (asked_at(story, 60).cadence.days, asked_at(story, 60).cadence.active_days) == (30, 0)


def test_a34_which_of_the_three_steps_are_in_place() -> None:
    story = a_practice("d")
    step = promise("book", SELLER, SELLER, due_at=day(9).isoformat(), day=0)
    story.tell(step, fact("goal.linked", parent=known_as("larger goal"), day=1))
    assert asked_at(story, 1).steps.made_smaller is False
    smaller = story.tell(on_promise("renegotiated", "book", change="smaller", day=2))[0]
    story.tell(on_promise("renegotiated", "book", change="smaller", day=10))  # too late to be a smaller step
    found = asked_at(story, 11).steps
    tie = next(record.fact.event_id for record in story.records if record.fact.type == "goal.linked")
    loops = [record.fact.event_id for record in story.records if record.fact.type == "checkin.recorded"]
    assert found == StepsInPlace(
        tied_to_identity=True,
        ties=[tie],
        made_smaller=True,
        smaller_steps=[smaller.event_id],
        looping=True,
        loops=loops,
    )


def test_a_goal_that_is_who_somebody_wants_to_be_needs_no_tie() -> None:
    story = a_goal(fact("goal.restated", horizon="identity"))
    assert asked_at(story, 1).steps.tied_to_identity is True


def test_as_it_was_on_day_four() -> None:
    found = proof_loop(asked(a_practice("dddddmdddmdsdd"), as_of=day(4)))
    assert (found.routines[0].streak, found.trust.score) == (5, 0.852437)


def test_a_voided_check_in_was_never_made_and_a_corrected_one_counts_as_it_reads_now() -> None:
    story = a_practice("ddd")
    event = story.records[-2].fact
    said = {"routine_id": str(known_as("listen")), "local_date": "2026-03-03", "status": "missed"}
    story.tell(corrected(event.event_id, said), at=day(3))
    assert (loop(story, 2).streak, loop(story, 2).missed) == (1, 1)
    plain = a_practice("dd.")
    before = asked_at(plain, 3)
    extra = plain.tell(checked(2))[0]
    plain.tell(voided(extra.event_id), at=day(3))
    assert asked_at(plain, 3) == before


def test_erased_words_change_no_figure() -> None:
    story = a_practice("dpm")
    story.tell(fact("setback.recorded", reason="Travel", day=2), fact("confidence.stated", about="It", value=4, day=2))
    now = proof_loop(erased(story, day(5)))
    assert (now.routines[0].name, now.setbacks[0].reason, now.efficacy[0].about) == (None, None, None)
    assert wordless(story, now) == wordless(story, asked_at(story, 5))


def test_looking_back_ends_when_there_are_very_many_routines_or_years() -> None:
    story = a_practice("d")
    story.tell(*(routine(f"routine {number}", "UTC") for number in range(9)))
    found = asked_at(story, 2_000)
    assert found.routines[0].counted_from == day(2_000) - timedelta(days=1_825)
    assert sum(one.missed for one in found.routines) == 10 * 1_825
    far = moment("9999-12-31 00:00")
    assert proof_loop(asked(a_practice("d"), far)).changes_at is None


@settings(max_examples=60, deadline=None)
@given(st.text("dpms.", max_size=20), st.integers(0, 25))
def test_whatever_was_checked_in_runs_and_shares_agree(days: str, number: int) -> None:
    story = a_practice(days)
    at = max(day(number), story.records[-1].fact.occurred_at)
    found = proof_loop(asked(story, at))
    one = found.routines[0]
    whole_days = (at - DAY_0).days
    over, today = days.ljust(whole_days, ".")[:whole_days], days[whole_days : whole_days + 1]
    counted = over.replace("s", "").replace(".", "m") + ("d" if today == "d" else "")
    assert (one.done, one.partial, one.missed) == (counted.count("d"), counted.count("p"), counted.count("m"))
    assert one.longest == max(map(len, re.split("[^d]+", counted)))
    assert one.streak == len(counted) - len(counted.rstrip("d"))
    assert msgspec.json.decode(msgspec.json.encode(found), type=ProofLoop) == found
    if found.changes_at is not None:
        assert found.changes_at > at
