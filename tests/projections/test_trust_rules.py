"""What facts say about trust, rule by rule: events in, rows out."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.facts import Proposal, Visibility
from projections.trust.rows import Row
from tests.domain.telling import (
    BUYER,
    COACH,
    DAY_0,
    SELLER,
    THE_BUYER,
    THE_COACH,
    THE_IMPORT,
    USER,
    Story,
    a_deal,
    a_goal,
    corrected,
    day,
    fact,
    joined,
    known_as,
    objection,
    on_objection,
    on_promise,
    promise,
    request,
    voided,
)
from tests.projections.evidence import asked, leg, rows_of, said
from tests.projections.standing import checkin, mapped, moment, routine

LATER = day(400)


def deal(*told: Proposal) -> Story:
    """A deal that the buyer may look into, and what is told of it afterwards."""
    story = a_deal(shared=True)
    tell(story, *told)
    return story


def tell(story: Story, *told: Proposal) -> None:
    """Recorded long afterwards; what has no day happened on day 0."""
    for one in told:
        visibility = Visibility.SHARED if story.stream.kind == "deal" else None
        happened = one.occurred_at or DAY_0
        story.tell(msgspec.structs.replace(one, visibility=visibility, occurred_at=happened), at=LATER)


def by_buyer(story: Story, *told: Proposal) -> None:
    """Recorded by the buyer, who thereby vouches for it."""
    for one in told:
        story.tell(msgspec.structs.replace(one, occurred_at=one.occurred_at or DAY_0), by=THE_BUYER, at=LATER)


def due(number: float) -> str:
    return day(number).isoformat()


def short(story: Story, number: float = 60) -> list[tuple[str, str, str, float, float]]:
    return list(said(rows_of(story, day(number))))


def ages(story: Story, number: float = 60) -> list[tuple[datetime, datetime | None]]:
    return [(one.starts_at, one.ages_from) for one in rows_of(story, day(number))]


# -- promises


def test_t1_a_promise_kept_in_time() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    assert short(story) == [("T1", "kept", "seller", 0.5, 0)]
    assert ages(story) == [(day(4), day(4))]


def test_t1_also_at_its_due_time_itself_and_without_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=5))
    tell(story, promise("q"), on_promise("fulfilled", "q", day=90))
    assert [one[:2] for one in short(story, 100)] == [("T1", "kept"), ("T1", "kept")]


@pytest.mark.parametrize(("stake", "weight"), [("small", 0.25), ("normal", 0.5), ("large", 1)])
def test_the_stake_counts(stake: str, weight: float) -> None:
    assert short(deal(promise("p", stake=stake), on_promise("fulfilled", "p")))[0][3] == weight


def test_who_vouches_counts() -> None:
    story = deal(promise("p"))
    by_buyer(story, on_promise("fulfilled", "p"))
    assert short(story) == [("T1", "kept", "seller", 1, 0)]
    imported = deal(promise("p"))
    imported.tell(on_promise("fulfilled", "p"), by=THE_IMPORT)
    assert short(imported) == [("T1", "kept", "seller", 1, 0)]


def test_a_later_confirmation_raises_it_from_the_fulfilment_on() -> None:
    story = deal(promise("p"), on_promise("fulfilled", "p", day=4))
    by_buyer(story, on_promise("confirmed", "p", by=BUYER, day=9))
    (row,) = rows_of(story, day(60))
    assert (row.weight_for, row.starts_at, row.ages_from, row.vouched_by) == (1000, day(4), day(4), BUYER)
    assert row.event_id == story.records[5].fact.event_id
    assert said(rows_of_known(story, 8)) == [("T1", "kept", "seller", 0.5, 0)]


def test_a_confirmation_that_the_seller_recorded_raises_nothing() -> None:
    story = deal(promise("p"), on_promise("fulfilled", "p"), on_promise("confirmed", "p", by=BUYER))
    assert short(story) == [("T1", "kept", "seller", 0.5, 0)]


def rows_of_known(story: Story, number: float) -> list[Row]:
    """The rows as of a day."""
    cut = Story(story.stream.stream_id)
    cut.records = [one for one in story.records if one.fact.occurred_at <= day(number)]
    return rows_of(cut, day(number))


def test_t2_kept_late_replaces_the_overdue_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=7))
    assert short(story) == [("T2", "kept_late", "seller", 0.25, 0.5)]
    assert ages(story) == [(day(7), day(7))]


def test_t3_declared_broken_replaces_the_overdue_one_and_ages() -> None:
    story = deal(promise("p", due_at=due(5), stake="large"), on_promise("broken", "p", day=7))
    assert short(story) == [("T3", "broken", "seller", 0, 2)]
    assert ages(story) == [(day(7), day(7))]


def test_t4_overdue_is_open_and_does_not_age() -> None:
    story = deal(promise("p", due_at=due(5)))
    assert short(story, 4.9) == []
    assert short(story, 5) == short(story, 300) == [("T4", "overdue", "seller", 0, 1)]
    assert ages(story) == [(day(5), None)]
    assert leg(asked(story, day(6))).score == leg(asked(story, day(300))).score == 0.333333


def test_an_honest_report_costs_what_silence_costs_and_then_fades() -> None:
    silent = deal(promise("p", due_at=due(5)))
    honest = deal(promise("p", due_at=due(5)), on_promise("broken", "p", day=5))
    scores = [(leg(asked(one, day(5))).score, leg(asked(one, day(95))).score) for one in (silent, honest)]
    assert scores == [(0.333333, 0.333333), (0.333333, 0.4)]


def test_t5_cancelled_before_its_due_time_and_t3_after() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("cancelled", "p", day=5))
    tell(story, promise("q", due_at=due(5)), on_promise("cancelled", "q", day=6))
    assert short(story) == [("T5", "cancelled", "seller", 0, 0.5), ("T3", "broken", "seller", 0, 1)]


def test_t6_a_no_or_a_smaller_step_is_no_breach() -> None:
    story = deal(
        request("a"),
        fact("commitment.declined", commitment_id=known_as("a")),
        promise("b", due_at=due(5)),
        on_promise("released", "b", day=9, on_behalf_of=BUYER),
        promise("c", due_at=due(5)),
        on_promise("renegotiated", "c", day=4, due_at=due(30), agreed_by=BUYER, change="smaller"),
    )
    assert short(story, 29) == []
    assert short(story, 31) == [("T4", "overdue", "seller", 0, 1)]
    assert ages(story, 31) == [(day(30), None)]


def test_closing_without_winning_lets_open_promises_go() -> None:
    story = deal(promise("p", due_at=due(5)), fact("deal.closed", outcome="lost", day=9))
    assert short(story) == []
    won = deal(promise("p", due_at=due(5)), fact("deal.closed", outcome="won", day=9))
    assert [one[0] for one in short(won)] == ["T4"]


def test_t7_renegotiated_late_replaces_the_overdue_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=8, due_at=due(20), agreed_by=BUYER))
    late = ("T7", "changed_late", "seller", 0, 0.5)
    assert short(story, 19) == [late]
    assert short(story, 21) == [late, ("T4", "overdue", "seller", 0, 1)]
    tell(story, on_promise("fulfilled", "p", day=15))
    assert short(story, 60) == [late, ("T1", "kept", "seller", 0.5, 0)]


def test_renegotiated_late_without_another_time_nothing_is_overdue_any_more() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=8, agreed_by=BUYER))
    assert [one[0] for one in short(story)] == ["T7"]


def test_renegotiated_without_consent_is_as_if_it_had_not_been() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=4, due_at=due(30)))
    assert short(story, 6) == [("T4", "overdue", "seller", 0, 1)]


def test_t8_a_disputed_fulfilment_counts_nothing_until_it_is_fulfilled_again() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    by_buyer(story, on_promise("disputed", "p", by=BUYER, day=6))
    assert short(story) == []
    again = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    by_buyer(again, on_promise("disputed", "p", by=BUYER, day=6))
    tell(again, on_promise("fulfilled", "p", day=9))
    assert short(again) == [("T1", "kept", "seller", 0.5, 0)]
    assert ages(again) == [(day(4), day(4))], "the first fulfilment's time counts"
    tell(story, on_promise("broken", "p", day=9))
    assert short(story) == [("T3", "broken", "seller", 0, 1)]


def test_the_dimension_of_a_promise_is_its_own_else_its_sides() -> None:
    for debtor, creditor, own, dimension in [
        (SELLER, BUYER, None, "seller"),
        (SELLER, BUYER, "product", "product"),
        (BUYER, SELLER, None, "self"),
        (COACH, SELLER, "process", "process"),
    ]:
        more = {} if own is None else {"dimension": own}
        story = deal(promise("p", debtor, creditor, due_at=due(5), **more))
        assert [one[2] for one in short(story)] == [dimension]
    assert short(deal(promise("p", COACH, SELLER, due_at=due(5)))) == [], "a coach is no leg of the deal"
    goal = a_goal(promise("p", SELLER, SELLER, due_at=due(5)))
    assert [one[2] for one in short(goal)] == ["self"]


def test_who_joined_later_than_they_promised_was_on_that_side_all_along() -> None:
    late = known_as("late")
    story = deal(joined(late, "seller", day=20), promise("p", late, BUYER, due_at=due(5), day=1))
    assert short(story) == [("T4", "overdue", "seller", 0, 1)]


# -- objections


@pytest.mark.parametrize(("severity", "weight"), [("minor", 0.5), ("normal", 1), ("blocking", 2)])
def test_t9_settled_and_confirmed_by_whoever_raised_it(severity: str, weight: float) -> None:
    story = deal(objection("o", severity=severity, day=1), on_objection("resolved", "o", day=2))
    by_buyer(story, on_objection("confirmed", "o", by=BUYER, day=3))
    assert short(story) == [("T9", "confirmed", "process", weight, 0)]
    assert ages(story) == [(day(3), day(3))]


def test_t10_settled_and_not_confirmed() -> None:
    story = deal(objection("o", day=1), on_objection("resolved", "o", day=2))
    assert short(story) == [("T10", "resolved", "process", 0.25, 0)]
    believed = deal(objection("o", day=1))
    by_buyer(believed, on_objection("resolved", "o", day=2))
    assert short(believed) == [("T10", "resolved", "process", 0.5, 0)]


def test_t11_unheard_for_seven_days_is_open_until_it_is_heard() -> None:
    story = deal(objection("o", day=1, severity="blocking"))
    assert short(story, 7.9) == []
    assert short(story, 8) == [("T11", "unheard", "process", 0, 1)]
    assert ages(story) == [(day(8), None)]
    tell(story, on_objection("acknowledged", "o", day=20))
    assert short(story) == [("T11", "unheard", "process", 0, 1)]
    assert ages(story) == [(day(8), day(20))]


@pytest.mark.parametrize("step", ["acknowledged", "answered"])
def test_heard_within_seven_days_costs_nothing(step: str) -> None:
    assert short(deal(objection("o", day=1), on_objection(step, "o", day=8))) == []


def test_when_the_deal_is_over_nobody_is_kept_waiting() -> None:
    story = deal(objection("o", day=1), fact("deal.closed", outcome="lost", day=5))
    assert short(story) == []
    tell(story, fact("deal.reopened", reason="Thawed", day=20))
    assert (short(story, 26), short(story, 27)) == ([], [("T11", "unheard", "process", 0, 0.5)])
    late = deal(objection("o", day=1), fact("deal.closed", outcome="lost", day=15))
    assert ages(late) == [(day(8), day(15))]


def test_t12_dismissed() -> None:
    story = deal(objection("o", day=1), on_objection("dismissed", "o", by=SELLER, day=2))
    assert short(story) == [("T12", "dismissed", "process", 0, 1)]


def test_t13_reopened_ends_what_it_was_settled_for_and_waits_again() -> None:
    story = deal(objection("o", day=1), on_objection("resolved", "o", day=2), on_objection("reopened", "o", day=4))
    assert (short(story, 10), short(story, 11)) == ([], [("T11", "unheard", "process", 0, 0.5)])
    tell(story, on_objection("resolved", "o", day=9))
    assert short(story) == [("T10", "resolved", "process", 0.25, 0)]


def test_t14_accepting_a_no_speaks_for_the_seller() -> None:
    story = deal(objection("o", day=1), on_objection("accepted", "o", day=2))
    assert short(story) == [("T14", "accepted", "seller", 0.25, 0)]
    goal = a_goal(objection("o", by=SELLER, dimension="self", day=1), on_objection("accepted", "o", day=2))
    assert [one[2] for one in short(goal)] == ["self"]


# -- help and pressure


def helped(**more: Any) -> Proposal:
    said = {"help_id": known_as("h"), "to": BUYER, "kind": "advice", "outside_sale": True, "day": 1}
    return fact("help.given", **{**said, **more})


def useful(*, yes: bool, by: UUID = BUYER, **more: Any) -> Proposal:
    return fact("help.confirmed", help_id=known_as("h"), by=by, useful=yes, **more)


def test_t15_help_outside_the_sale_counts_in_full_once_it_was_useful() -> None:
    story = deal(helped())
    assert short(story) == [("T15", "given", "seller", 0.125, 0)]
    by_buyer(story, useful(yes=True, day=5))
    assert short(story) == [("T15", "useful", "seller", 0.5, 0)]
    assert ages(story) == [(day(5), day(5))]
    tell(story, useful(yes=True, by=USER, day=30))
    assert ages(story) == [(day(5), day(5))], "saying so again does not make it fresh"
    tell(story, joined(known_as("third"), "buyer"), useful(yes=False, by=known_as("third"), day=31))
    assert short(story) == []


def test_help_inside_the_sale_or_among_sellers_or_from_the_buyer_is_no_evidence() -> None:
    assert short(deal(helped(outside_sale=False))) == []
    assert short(deal(joined(known_as("peer"), "seller"), helped(to=known_as("peer")))) == []
    assert short(deal(helped(on_behalf_of=BUYER, to=SELLER))) == []


def test_t16_recommending_another_way() -> None:
    story = deal(fact("alternative.recommended", kind="competitor", reason="It fits better", day=1))
    assert short(story) == [("T16", "recommended", "seller", 0.5, 0)]


def test_t17_pressure() -> None:
    story = deal(fact("pressure.applied", kind="quarter_end", beneficiary="seller", day=1))
    assert short(story) == [("T17", "pressed", "seller", 0, 1)]


def test_t18_a_feature_nobody_asked_for() -> None:
    story = deal(fact("feature.presented", feature="Swaps"), fact("feature.presented", feature="Alarm", requested=True))
    assert short(story) == [("T18", "unasked", "product", 0, 0.25)]


# -- the product and the end


def verified(met: str, **more: Any) -> Proposal:
    return fact(
        "requirement.verified", **{"requirement_id": known_as("r"), "met": met, "verified_by": BUYER, "day": 2, **more}
    )


STATED = fact("requirement.stated", requirement_id=known_as("r"), text="Quick", strength="must", day=1)


@pytest.mark.parametrize(("met", "weights"), [("yes", (1, 0)), ("partial", (0.5, 0.5)), ("no", (0, 1))])
def test_t19_a_requirement_verified_by_the_buyer(met: str, weights: tuple[float, float]) -> None:
    story = deal(STATED)
    by_buyer(story, verified(met))
    assert short(story) == [("T19", met, "product", *weights)]
    assert short(deal(STATED, verified(met, verified_by=SELLER))) == [], "the seller cannot verify it"


def test_t19_a_no_that_the_seller_said_first_speaks_for_the_seller() -> None:
    story = deal(STATED)
    by_buyer(story, verified("no", disclosed_by=SELLER))
    assert short(story) == [("T19", "no", "product", 0, 1), ("T19", "disclosed", "seller", 0.5, 0)][::1]


@pytest.mark.parametrize(("accurate", "weights"), [("yes", (0.5, 0)), ("partly", (0.25, 0.25)), ("no", (0, 0.5))])
def test_t20_feeling_understood(accurate: str, weights: tuple[float, float]) -> None:
    story = deal()
    by_buyer(story, fact("understanding.confirmed", summary="Fridays", by=BUYER, accurate=accurate, day=1))
    assert short(story) == [("T20", accurate, "seller", *weights)]
    assert short(deal(fact("understanding.confirmed", summary="Fridays", by=SELLER, accurate=accurate))) == []


def test_t21_milestones() -> None:
    reached = fact("milestone.reached", milestone_id=known_as("m"), day=4)
    assert short(deal(mapped(("m", "seller", due(5))), reached)) == [("T21", "reached", "process", 0.25, 0)]
    assert short(deal(mapped(("m", "seller", None)), reached)) == [("T21", "reached", "process", 0.25, 0)]
    late = deal(mapped(("m", "seller", due(3))), reached)
    assert short(late) == [("T21", "reached_late", "process", 0.125, 0.25)]
    waiting = deal(mapped(("m", "seller", due(3))))
    assert (short(waiting, 2), short(waiting, 3)) == ([], [("T21", "overdue", "process", 0, 0.5)])
    assert ages(waiting) == [(day(3), None)]
    tell(waiting, mapped(("other", "seller", None)))
    assert short(waiting) == [], "what the map leaves out is not due any more"


def test_milestones_lapse_with_the_deal_and_come_back_with_it() -> None:
    story = deal(mapped(("m", "seller", due(3))), fact("deal.closed", outcome="lost", day=9))
    assert short(story) == []
    tell(story, fact("deal.reopened", reason="Thawed", day=20))
    assert ages(story) == [(day(20), None)]


@pytest.mark.parametrize(("verdict", "weights"), [("achieved", (1, 0)), ("missed", (0, 2))])
def test_t22_outcomes(verdict: str, weights: tuple[float, float]) -> None:
    defined = fact("outcome.defined", outcome_id=known_as("out"), measure="Shifts", target=95)
    story = deal(defined, fact("outcome.measured", outcome_id=known_as("out"), value=97, verdict=verdict, day=5))
    assert short(story) == [("T22", verdict, "product", *weights)]
    waiting = deal(defined, fact("outcome.measured", outcome_id=known_as("out"), value=70, verdict="open", day=5))
    assert short(waiting) == []


def test_t23_renewal() -> None:
    won = fact("deal.closed", outcome="won")
    stayed = deal(won, fact("renewal.decided", renewed=True, day=9))
    assert short(stayed) == [("T23", "renewed", "process", 0.5, 0), ("T23", "renewed", "product", 0.5, 0)]
    left = deal(won, fact("renewal.decided", renewed=False, day=9))
    assert short(left) == [("T23", "churned", "process", 0, 1), ("T23", "churned", "product", 0, 1)]


def test_t24_referral() -> None:
    story = deal()
    by_buyer(story, fact("referral.given", to={"name": "Lotte"}))
    assert short(story) == [("T24", "referred", "product", 1, 0), ("T24", "referred", "seller", 1, 0)]


# -- routines: the goal's days begin at midnight in Lisbon, which is midnight UTC in winter


def goal(*told: Proposal, **schedule: Any) -> Story:
    story = a_goal(routine("r", **schedule))
    tell(story, *told)
    return story


def test_t25_done_partial_and_missed_count_at_once_and_skipped_never() -> None:
    story = goal(
        checkin("r", "2026-03-02"),
        checkin("r", "2026-03-03", "partial"),
        checkin("r", "2026-03-04", "missed"),
        checkin("r", "2026-03-05", "skipped"),
    )
    found = said(rows_of(story, moment("2026-03-05 23:00")))
    assert sorted(found) == [
        ("T25", "done", "self", 1, 0),
        ("T25", "missed", "self", 0, 1),
        ("T25", "partial", "self", 0.5, 0.5),
    ]


def test_t25_a_day_without_a_word_is_missed_when_it_is_over_where_the_routine_is() -> None:
    story = a_goal(routine("r", zone="America/New_York"))
    assert said(rows_of(story, moment("2026-03-03 04:59"))) == []
    (row,) = rows_of(story, moment("2026-03-03 05:00"))
    assert (row.rule, row.case, row.weight_against) == ("T25", "missed", 1000)
    assert row.starts_at == row.ages_from == moment("2026-03-03 05:00")
    assert row.event_id == story.records[-1].fact.event_id


def test_t25_through_the_change_of_the_clock() -> None:
    story = a_goal(routine("r", zone="Europe/Lisbon"))
    ends = [one.starts_at for one in rows_of(story, moment("2026-03-31 00:00"))]
    assert ends[-3:] == [moment("2026-03-29 00:00"), moment("2026-03-29 23:00"), moment("2026-03-30 23:00")]


def test_t25_a_late_word_replaces_what_seemed_missed() -> None:
    story = goal(msgspec.structs.replace(checkin("r", "2026-03-02"), occurred_at=day(5)))
    assert ("T25", "missed", "self", 0, 1) in said(rows_of_known(story, 4))
    found = [one for one in rows_of(story, day(5)) if one.case == "done"]
    assert [one.starts_at for one in found] == [day(5)]
    assert len(rows_of(story, day(5))) == 5


def test_t25_the_last_word_on_a_day_stands() -> None:
    story = goal(checkin("r", "2026-03-02", "missed"), checkin("r", "2026-03-02"))
    assert said(rows_of(story, moment("2026-03-02 23:00"))) == [("T25", "done", "self", 1, 0)]


def test_t25_days_that_are_not_due_say_nothing() -> None:
    story = goal(checkin("r", "2026-03-03"), weekdays=["friday"])
    assert said(rows_of(story, moment("2026-03-06 12:00"))) == []
    assert said(rows_of(story, moment("2026-03-07 12:00"))) == [("T25", "missed", "self", 0, 1)]


def test_t25_several_times_a_week_share_one_size() -> None:
    story = goal(checkin("r", "2026-03-02"), checkin("r", "2026-03-03", "partial"), times=3, per="week")
    found = said(rows_of(story, moment("2026-03-09 12:00")))
    assert found == [
        ("T25", "done", "self", 0.333, 0),
        ("T25", "partial", "self", 0.167, 0.167),
        ("T25", "missed", "self", 0, 0.333),
    ]


def test_t25_nothing_is_missed_while_the_goal_is_held_or_over() -> None:
    for lifecycle in ("on_hold", "completed", "cancelled"):
        story = goal(
            fact("goal.status_changed", lifecycle=lifecycle, day=1.5),
            fact("goal.status_changed", lifecycle="active", day=4.5),
        )
        assert [one.starts_at for one in rows_of(story, day(6))] == [
            moment("2026-03-03 00:00"),
            moment("2026-03-07 00:00"),
            moment("2026-03-08 00:00"),
        ]


def test_t25_no_attestation_halves_what_one_did_oneself_and_the_size_counts() -> None:
    story = a_goal(
        fact(
            "routine.set",
            routine_id=known_as("r"),
            name="r",
            time_zone="UTC",
            schedule={"times": 1, "per": "day"},
            size="large",
        ),
        checkin("r", "2026-03-02"),
    )
    assert said(rows_of(story, day(0.1))) == [("T25", "done", "self", 2, 0)]


# -- what never costs


def test_t26_speaking_up_never_costs_trust() -> None:
    story = deal(
        objection("o"),
        fact("no.received", no_id=known_as("n"), scope="deal", kind="final", said_by=BUYER, statement="Never"),
        fact("hesitation.noticed", hesitation_id=known_as("h"), signal="vagueness"),
        fact("force.observed", force_id=known_as("f"), force="anxiety", statement="Change", intensity=5),
        fact("trust.rated", dimension="seller", rating=0),
        fact("value_check.answered", question="worth_it", answer="no"),
    )
    assert short(story, 6) == []
    assert asked(story, day(6)).label == "unknown"


# -- what counts once, and what is capped


def test_what_follows_from_the_same_point_counts_once() -> None:
    story = deal(objection("o", dimension="product", day=1), STATED)
    resolved = story.tell(on_objection("resolved", "o", day=2, visibility="shared"), at=LATER)[0]
    by_buyer(story, verified("yes", day=3, causation_id=resolved.event_id))
    found = leg(asked(story, day(3)), "product")
    assert [(one.rule, one.counted_for) for one in found.rows] == [("T10", 0), ("T19", 1)]
    assert found.evidence_for == 1
    apart = deal(objection("o", dimension="product", day=1), STATED, on_objection("resolved", "o", day=2))
    by_buyer(apart, verified("yes", day=3))
    assert leg(asked(apart, day(3)), "product").evidence_for == 1.248082


def test_a_promise_that_follows_from_another_counts_by_itself() -> None:
    story = deal(promise("p"))
    first = story.tell(on_promise("fulfilled", "p"))[0]
    story.tell(promise("q", causation_id=first.event_id), on_promise("fulfilled", "q"))
    assert leg(asked(story, day(0))).evidence_for == 1


def test_evidence_for_by_one_party_on_one_day_is_capped() -> None:
    story = deal(*(promise(f"p{n}") for n in range(6)), *(on_promise("fulfilled", f"p{n}", day=1) for n in range(6)))
    found = leg(asked(story, day(1)))
    assert found.evidence_for == 2
    assert {one.counted_for for one in found.rows} == {0.666666666667}
    by_buyer(story, *(on_promise("confirmed", f"p{n}", by=BUYER, day=1) for n in range(3)))
    assert leg(asked(story, day(1))).evidence_for == 3.5, "each party has a day of their own"


def test_evidence_against_is_not_capped() -> None:
    story = deal(*(promise(f"p{n}", due_at=due(5)) for n in range(6)))
    assert leg(asked(story, day(6))).evidence_against == 6


# -- what is not so any more


def test_a_void_takes_its_row_exactly_out() -> None:
    told = [promise("p"), on_promise("fulfilled", "p", day=2)]
    without = deal(*told)
    story = deal(*told, promise("q"))
    kept = story.tell(on_promise("fulfilled", "q", day=3), at=LATER)[0]
    assert asked(story, day(9)) != asked(without, day(9))
    story.tell(voided(kept.event_id), at=LATER)
    assert asked(story, day(9)).dimensions[0].score == asked(without, day(9)).dimensions[0].score
    story_rows = [one.event_id for one in rows_of(story, day(9))]
    assert kept.event_id not in story_rows
    assert len(story_rows) == 1


def test_a_correction_counts_as_corrected() -> None:
    story = deal()
    pressed = story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller"))[0]
    presented = story.tell(fact("feature.presented", feature="Swaps", requested=True))[0]
    assert [one[0] for one in short(story)] == ["T17"]
    story.tell(corrected(presented.event_id, {"feature": "Swaps", "requested": False}))
    assert sorted(one[0] for one in short(story)) == ["T17", "T18"]
    assert pressed.event_id in {one.event_id for one in rows_of(story, day(9))}


def test_what_cannot_be_seen_is_no_evidence() -> None:
    story = deal(promise("p", due_at=due(5)))
    story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", visibility="private"))
    story.records = story.seen_by(THE_COACH)
    assert [one[0] for one in short(story)] == ["T4"]
