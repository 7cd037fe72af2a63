"""Whether it was the right deal: the ladder after the close, the verdict, the silence, and who was sent by whom."""

from typing import Any

import pytest

from domain.facts import Proposal
from domain.fields import Named
from projections.outcomes import OutcomeStanding
from projections.right_deal import CountedOn, Explanation, ProgressWanted, Referral, RightDeal, right_deal
from tests.domain.telling import BUYER, SELLER, Story, a_deal, a_goal, day, fact, known_as, voided
from tests.projections.standing import asked, erased, wordless


def asked_at(story: Story, number: float = 60) -> RightDeal:
    return right_deal(asked(story, day(number)))


def closed(when: float = 10, outcome: str = "won", **more: Any) -> Proposal:
    return fact("deal.closed", outcome=outcome, **more, day=when)


def used(when: float, value: float = 14) -> Proposal:
    return fact("usage.observed", measure="Planners signed in", value=value, period="2026-03", day=when)


def defined(name: str = "filled", target: float = 95, **more: Any) -> Proposal:
    return fact("outcome.defined", outcome_id=known_as(name), measure="Shifts filled", target=target, **more, day=1)


def measured(when: float, verdict: str, value: float = 78, name: str = "filled") -> Proposal:
    return fact("outcome.measured", outcome_id=known_as(name), value=value, verdict=verdict, day=when)


def renewal(when: float, renewed: bool) -> Proposal:
    return fact("renewal.decided", renewed=renewed, day=when)


def referred(when: float, to: Any) -> Proposal:
    return fact("referral.given", to=to, day=when)


def explained(when: float) -> Proposal:
    said = {"why_now": "Two planners left", "why_us": "A night shift", "what_almost_stopped_it": "The drivers"}
    return fact("decision.explained", **said, asked_of=BUYER, day=when)


def rungs(found: RightDeal) -> list[str]:
    return [rung.name for rung in found.ladder if rung.reached]


def test_a_deal_just_opened() -> None:
    found = asked_at(a_deal(), 0)
    assert [(rung.name, rung.reached, rung.at, rung.evidence) for rung in found.ladder] == [
        (name, False, None, []) for name in ("closed", "in_use", "outcome_achieved", "renewed", "referred")
    ]
    assert (found.verdict, found.outcomes, found.churned_at, found.returned_at) == ("undecided", [], None, None)
    assert (found.outcome, found.closed_at, found.reason_code, found.reason) == (None, None, None, None)
    assert (found.explained, found.explanation, found.quiet_days, found.gone_quiet) == (None, None, None, None)
    assert (found.referred_by, found.referrals, found.counted_on, found.progress) == (None, [], [], None)
    assert found.changes_at is None


def test_c28_c29_up_the_whole_ladder() -> None:
    story = a_deal(
        defined(baseline=61),
        closed(),
        used(20),
        measured(30, "achieved", 95),
        renewal(40, renewed=True),
        referred(50, {"name": "Lotte"}),
        used(55),
    )
    found = asked_at(story)
    assert (rungs(found), found.verdict) == (["closed", "in_use", "outcome_achieved", "renewed", "referred"], "right")
    assert [rung.at for rung in found.ladder] == [day(10), day(55), day(30), day(40), day(50)]
    types = {record.fact.event_id: record.fact.type for record in story.records}
    assert [types[event] for rung in found.ladder for event in rung.evidence] == [
        "deal.closed",
        "usage.observed",
        "outcome.measured",
        "renewal.decided",
        "referral.given",
    ]


def test_use_is_current_for_thirty_days() -> None:
    story = a_deal(closed(), used(20))
    assert ("in_use" in rungs(asked_at(story, 49.9)), asked_at(story, 49.9).changes_at) == (True, day(50))
    late = asked_at(story, 50)
    assert ("in_use" in rungs(late), late.ladder[1].at, late.changes_at) == (False, day(20), day(80))


def test_seen_not_to_be_used() -> None:
    assert rungs(asked_at(a_deal(closed(), used(55, value=0)))) == ["closed"]


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([defined()], "undecided"),
        ([defined(), measured(20, "open")], "undecided"),
        ([defined(), measured(20, "achieved")], "right"),
        ([defined(), measured(20, "missed")], "wrong"),
        ([defined(), measured(20, "missed"), measured(30, "achieved")], "right"),
        ([defined(), measured(20, "achieved"), measured(30, "open")], "undecided"),
        ([defined(), defined("other"), measured(20, "achieved"), measured(21, "missed", name="other")], "wrong"),
        ([defined(), measured(20, "achieved"), closed(21), renewal(30, renewed=False)], "wrong"),
        ([closed(), renewal(30, renewed=False), renewal(40, renewed=True)], "undecided"),
        ([closed(), renewal(30, renewed=False), fact("customer.returned", day=45)], "undecided"),
    ],
)
def test_c29_the_verdict(told: list[Proposal], verdict: str) -> None:
    assert asked_at(a_deal(*told)).verdict == verdict


def test_left_and_came_back() -> None:
    story = a_deal(closed(), renewal(30, renewed=True), renewal(40, renewed=False))
    left = asked_at(story)
    assert (left.churned_at, left.returned_at, rungs(left)) == (day(40), None, ["closed"])
    story.tell(fact("customer.returned", day=50))
    assert (asked_at(story).churned_at, asked_at(story).returned_at) == (None, day(50))


def test_an_outcome_and_how_far_it_came() -> None:
    story = a_deal(defined(baseline=61, due=day(90).isoformat()), defined("bare", target=50))
    story.tell(measured(30, "open", 78), measured(31, "open", 78))
    found = asked_at(story).outcomes
    events = [record.fact.event_id for record in story.records]
    assert found[0] == OutcomeStanding(
        outcome_id=known_as("filled"),
        measure="Shifts filled",
        baseline=61,
        target=95,
        due_at=day(90),
        value=78,
        verdict="open",
        measured_at=day(31),
        measurements=2,
        progress=0.5,
        evidence=[events[4], events[7]],
    )
    assert (found[1].value, found[1].verdict, found[1].measured_at, found[1].progress) == (None, None, None, None)


@pytest.mark.parametrize(
    ("more", "value", "progress"),
    [
        ({"target": 50}, 20, 0.4),  # from nothing
        ({"target": 50}, 80, 1.0),
        ({"target": 50}, -5, 0.0),
        ({"target": 5, "baseline": 25}, 15, 0.5),  # less is better
        ({"target": 0.3, "baseline": 0.1}, 0.2, 0.5),
        ({"target": 5, "baseline": 5}, 5, None),
    ],
)
def test_progress_is_kept_between_nothing_and_all(more: dict[str, Any], value: float, progress: float | None) -> None:
    story = a_deal(defined(**more), measured(20, "open", value))
    assert asked_at(story).outcomes[0].progress == progress


def test_c1_c2_how_it_ended_and_whether_anybody_said_why() -> None:
    story = a_deal(closed(10, "lost", reason_code="price", reason="The budget went"))
    found = asked_at(story, 20)
    assert (found.outcome, found.closed_at, found.reason_code, found.reason) == (
        "lost",
        day(10),
        "price",
        "The budget went",
    )
    assert (found.explained, rungs(found)) == (False, [])
    event = story.tell(explained(21))[0].event_id
    assert asked_at(story).explained is True
    assert asked_at(story).explanation == Explanation(
        event_id=event,
        asked_of=BUYER,
        why_now="Two planners left",
        why_us="A night shift",
        what_almost_stopped_it="The drivers",
        at=day(21),
    )


def test_a_reason_is_asked_anew_after_every_close() -> None:
    story = a_deal(closed(10, "lost"), explained(11), fact("deal.reopened", reason="The budget came", day=20))
    assert (asked_at(story).explained, asked_at(story).outcome) == (None, None)
    story.tell(closed(30))
    assert (asked_at(story).explained, asked_at(story).outcome) == (False, "won")


def test_c4_a_customer_who_is_not_heard_of_has_gone_quiet() -> None:
    story = a_deal(fact("interaction.logged", direction="outbound", initiated_by=SELLER, day=9), closed(10))
    before, after = asked_at(story, 69), asked_at(story, 70)
    assert (before.quiet_days, before.gone_quiet, before.changes_at) == (59.0, False, day(70))
    assert (after.quiet_days, after.gone_quiet, after.changes_at) == (60.0, True, None)


@pytest.mark.parametrize(
    "sign",
    [
        used(40),
        renewal(40, renewed=True),
        referred(40, {"name": "Lotte"}),
        fact("customer.returned", day=40),
        fact("interaction.logged", direction="inbound", initiated_by=BUYER, day=40),
    ],
)
def test_any_sign_ends_the_silence(sign: Proposal) -> None:
    assert asked_at(a_deal(closed(10), sign), 75).quiet_days == 35.0


def test_a_lost_deal_is_not_expected_to_be_heard_of() -> None:
    assert asked_at(a_deal(closed(10, "lost")), 90).gone_quiet is None


def test_c30_who_sent_them_and_whom_they_sent() -> None:
    story = a_deal(fact("deal.changed", referred_by={"name": "Ines"}))
    story.tell(referred(40, {"name": "Lotte"}), referred(50, BUYER))
    found = asked_at(story)
    assert found.referred_by == Named("Ines")
    events = [record.fact.event_id for record in story.records[-2:]]
    assert found.referrals == [
        Referral(event_id=events[0], to=Named("Lotte"), at=day(40)),
        Referral(event_id=events[1], to=BUYER, at=day(50)),
    ]


def test_b7_c11_what_it_was_bought_for() -> None:
    said = {"subject": "buyer", "uncovered_by": "buyer"}
    saving = {"amount": "2400.00", "currency": "EUR", "period": "month"}
    story = a_deal(
        fact(
            "insight.recorded", insight_id=known_as("saving"), kind="metric", statement="Double pay", **said, **saving
        ),
        fact("insight.recorded", kind="consequence", statement="The yard closes", **said),
        fact(
            "insight.recorded",
            insight_id=known_as("way"),
            kind="progress",
            statement="Calm",
            from_state="Calls",
            **said,
        ),
    )
    found = asked_at(story)
    assert found.counted_on == [
        CountedOn(insight_id=known_as("saving"), kind="metric", statement="Double pay", **saving)
    ]
    assert found.progress == ProgressWanted(
        insight_id=known_as("way"), statement="Calm", from_state="Calls", to_state=None
    )


def test_a_goal_that_was_completed() -> None:
    story = a_goal(fact("goal.status_changed", lifecycle="completed", day=10), defined(), measured(20, "achieved", 95))
    found = asked_at(story)
    assert (rungs(found), found.verdict, found.quiet_days) == (["closed", "outcome_achieved"], "right", None)
    assert (found.outcome, found.explained) == (None, None)
    story.tell(fact("goal.status_changed", lifecycle="active", day=30))
    assert rungs(asked_at(story)) == ["outcome_achieved"]


def test_as_it_was_before_the_outcome_was_measured() -> None:
    story = a_deal(defined(), measured(20, "achieved"))
    assert right_deal(asked(story, as_of=day(19))).verdict == "undecided"


def test_a_voided_measurement_was_never_taken() -> None:
    story = a_deal(defined())
    before = asked_at(story)
    event = story.tell(measured(20, "missed"))[0]
    assert asked_at(story).verdict == "wrong"
    story.tell(voided(event.event_id), at=day(21))
    assert asked_at(story) == before


def test_erased_words_change_no_figure() -> None:
    story = a_deal(defined(), closed(10, reason="It fits"), explained(11), measured(20, "achieved"))
    story.tell(fact("deal.changed", referred_by={"name": "Ines"}), referred(40, {"name": "Lotte"}))
    now = right_deal(erased(story, day(60)))
    assert (now.referred_by, now.referrals[0].to, now.outcomes[0].measure, now.reason) == (None, None, None, None)
    assert now.explanation is not None
    assert now.explanation.why_now is None
    assert wordless(story, now) == wordless(story, asked_at(story))
