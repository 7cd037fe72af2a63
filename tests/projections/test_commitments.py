"""Promises: what was due and came true, who is behind, what was put differently, and what nobody promised."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from domain.fields import due_instant
from projections.commitments import Commitments, StepAhead, commitments
from projections.promise_counts import Variance
from tests.domain.telling import (
    BUYER,
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
    promise,
    request,
    voided,
)
from tests.projections.standing import asked, erased, mapped, on, routine, standing, wordless
from tests.projections.test_any_history import HISTORIES, tell


def asked_at(story: Story, number: float) -> Commitments:
    return commitments(asked(story, day(number)))


def due(number: float) -> str:
    return day(number).isoformat()


def own(name: str, **more: Any) -> Proposal:
    """A promise to oneself."""
    return promise(name, SELLER, SELLER, **more)


def standing_of(found: Commitments) -> tuple[int, ...]:
    return found.open, found.kept, found.disputed, found.broken, found.cancelled, found.released


def of_the_due(found: Commitments) -> tuple[int, ...]:
    return found.due, found.in_time, found.late, found.missed, found.overdue_open


def test_a_stream_without_promises() -> None:
    found = asked_at(a_deal(), 9)
    assert (found.made, *standing_of(found), *of_the_due(found)) == (0,) * 12
    assert (found.ppc, found.renegotiated, found.renegotiation_rate, found.made_smaller) == (None, 0, None, 0)
    assert (found.by_side, found.by_party, found.by_stake, found.variances) == ([], [], [], [])
    assert (found.next_step, found.never_promised, found.time_price, found.commitments) == (None, [], None, [])
    assert found.changes_at is None


def test_the_share_of_what_was_due_that_was_done_by_then() -> None:
    story = a_deal(
        *(promise(name, due_at=due(5), day=0) for name in ("early", "exact", "late", "open")),
        promise("free", day=0),
        promise("ahead", due_at=due(30), day=0),
        on_promise("fulfilled", "early", day=3),
        on_promise("fulfilled", "exact", day=5),
        on_promise("fulfilled", "late", day=5.5),
        on_promise("fulfilled", "ahead", day=6),
    )
    found = asked_at(story, 10)
    assert (found.made, *standing_of(found)) == (6, 2, 4, 0, 0, 0, 0)
    assert of_the_due(found) == (4, 2, 1, 1, 1)
    assert found.ppc == 0.5
    assert [one.in_time for one in found.commitments] == [True, True, False, None, None, True]
    assert [one.overdue for one in found.commitments] == [False, False, False, True, False, False]
    assert of_the_due(asked_at(story, 30)) == (5, 3, 1, 1, 1)  # what was kept ahead counts once its time has come


def test_due_by_the_end_of_a_day_in_its_zone() -> None:
    story = a_deal(promise("list", due_at=on("2026-03-05"), day=0))
    last = asked_at(story, 0).commitments[0].due_at
    assert last is not None
    assert last.isoformat() == "2026-03-05T23:00:00+00:00"
    assert commitments(asked(story, last)).overdue_open == 1
    assert (asked_at(story, 3.5).overdue_open, asked_at(story, 3.5).changes_at) == (0, last)


def test_released_is_not_due_and_taken_back_is_not_kept() -> None:
    story = a_deal(
        *(promise(name, due_at=due(5), day=0) for name in ("let go", "before", "after", "broken")),
        on_promise("released", "let go", on_behalf_of=BUYER, day=9),
        on_promise("cancelled", "before", reason="They withdrew", day=3),
        on_promise("cancelled", "after", day=8),
        on_promise("broken", "broken", reason_code="forgot", reason="The fair", day=4),
    )
    found = asked_at(story, 10)
    assert standing_of(found) == (0, 0, 0, 2, 1, 1)
    assert of_the_due(found) == (3, 0, 0, 3, 0)
    assert found.ppc == 0.0
    assert [(one.reason_code, one.reason) for one in found.commitments[1:]] == [
        (None, "They withdrew"),
        (None, None),
        ("forgot", "The fair"),
    ]


def test_a_close_other_than_won_releases_what_is_open() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0), fact("deal.closed", outcome="lost", day=6))
    found = asked_at(story, 10)
    assert (found.released, found.due, found.overdue_open, found.changes_at) == (1, 0, 0, None)


def test_renegotiated_before_its_time_it_counts_at_the_new_one() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0))
    story.tell(on_promise("renegotiated", "list", agreed_by=BUYER, due_at=due(9), day=4))
    assert (asked_at(story, 6).due, asked_at(story, 6).changes_at) == (0, day(9))
    story.tell(on_promise("fulfilled", "list", day=8))
    found = asked_at(story, 10)
    assert (of_the_due(found), found.ppc, found.renegotiated, found.renegotiation_rate) == (
        (1, 1, 0, 0, 0),
        1.0,
        1,
        1.0,
    )
    change = found.commitments[0].renegotiations[0]
    assert (change.at, change.change, change.agreed, change.before_due, change.reason) == (
        day(4),
        "later",
        True,
        True,
        "The fair",
    )


def test_renegotiated_after_its_time_the_first_time_stays_missed() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0))
    story.tell(on_promise("renegotiated", "list", agreed_by=BUYER, due_at=due(9), day=7))
    story.tell(on_promise("fulfilled", "list", day=8))
    found = asked_at(story, 10)
    assert (of_the_due(found), found.ppc) == ((2, 1, 0, 1, 0), 0.5)
    assert (found.renegotiated, found.renegotiation_rate) == (0, 0.0)
    assert found.variances == [Variance(what="renegotiated_late", reason_code=None, count=1)]


def test_what_was_settled_before_its_time_was_not_missed_when_it_was_changed_later() -> None:
    for settled, expected in (("fulfilled", (1, 1, 0, 0, 0)), ("released", (0, 0, 0, 0, 0))):
        story = a_deal(promise("list", due_at=due(5), day=0))
        story.tell(on_promise("renegotiated", "list", agreed_by=BUYER, due_at=due(9), day=7))
        story.tell(on_promise(settled, "list", on_behalf_of=BUYER if settled == "released" else None, day=3), at=day(8))
        found = asked_at(story, 10)
        assert (of_the_due(found), found.overdue_open, found.variances) == (expected, 0, [])


def test_a_change_that_the_other_side_did_not_agree_to_is_as_if_it_had_not_been() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0))
    story.tell(on_promise("renegotiated", "list", due_at=due(9), day=4, statement="Half of it"))
    found = asked_at(story, 6)
    assert (found.overdue_open, found.renegotiated, found.commitments[0].due_at) == (1, 0, day(5))
    assert (found.commitments[0].renegotiations[0].agreed, found.commitments[0].statement) == (False, "Send the list")


def test_who_was_on_which_side_is_judged_at_the_time_of_the_change() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0))
    story.tell(on_promise("renegotiated", "list", agreed_by=USER, due_at=due(9), day=2))
    story.tell(joined(USER, "coach", day=3))
    assert asked_at(story, 4).commitments[0].due_at == day(9)


def test_a38_a_smaller_next_step_is_no_breach_and_shows_its_size() -> None:
    story = a_goal(
        own("book", next_step=True, stake="large", due_at=due(8), day=0),
        own("later", next_step=True, day=0),
        on_promise("renegotiated", "book", change="smaller", statement="Book one lesson", day=2),
    )
    found = asked_at(story, 5)
    assert found.next_step == StepAhead(
        commitment_id=known_as("book"),
        statement="Book one lesson",
        debtor=SELLER,
        creditor=SELLER,
        size="large",
        made_smaller=1,
        due_at=day(8),
        overdue=False,
    )
    assert (found.made_smaller, found.renegotiated, found.missed, found.variances) == (1, 1, 0, [])
    overdue = asked_at(story, 8).next_step
    assert overdue is not None
    assert overdue.overdue


def test_a_disputed_fulfilment_is_neither_kept_nor_forgotten() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0), on_promise("fulfilled", "list", day=3))
    story.tell(on_promise("disputed", "list", by=BUYER, day=4))
    found = asked_at(story, 6)
    assert (standing_of(found), of_the_due(found)) == ((0, 0, 1, 0, 0, 0), (1, 0, 0, 1, 0))
    assert found.variances == [Variance(what="disputed", reason_code=None, count=1)]
    story.tell(on_promise("fulfilled", "list", day=9), on_promise("confirmed", "list", by=BUYER, day=10))
    again = asked_at(story, 11)
    assert (again.in_time, again.commitments[0].kept_at, again.commitments[0].state) == (1, day(3), "confirmed")


def test_one_promise_with_all_that_is_known_of_it() -> None:
    told = mapped(("pilot", "seller", None))
    story = a_deal(told, request("list", due_at=due(4), day=0))
    milestone = known_as("pilot")
    made: dict[str, Any] = {"stake": "small", "kind": "maintenance", "dimension": "process", "milestone_id": milestone}
    story.tell(promise("list", condition="If they agree", proposed_by_side="buyer", due_at=due(6), day=1, **made))
    one = asked_at(story, 2).commitments[0]
    assert (one.commitment_id, one.state, one.statement, one.condition) == (
        known_as("list"),
        "made",
        "Send the list",
        "If they agree",
    )
    assert (one.debtor, one.creditor, one.side, one.proposed_by_side) == (SELLER, BUYER, "seller", "buyer")
    assert (one.stake, one.kind, one.dimension, one.next_step) == ("small", "maintenance", "process", False)
    assert (one.milestone_id, one.requested_at, one.made_at, one.due_at) == (milestone, day(0), day(1), day(6))
    assert (one.overdue, one.kept_at, one.in_time, one.reason_code, one.reason) == (False, None, None, None, None)
    assert (one.renegotiations, len(one.evidence)) == ([], 2)


def test_by_side_party_and_stake() -> None:
    story = a_deal(
        promise("ours", due_at=due(2), stake="small", day=0),
        promise("theirs", BUYER, SELLER, due_at=due(2), stake="large", day=0),
        promise("users", USER, SELLER, due_at=due(2), stake="small", day=0),
        on_promise("fulfilled", "theirs", day=1),
        on_promise("fulfilled", "ours", day=1),
    )
    found = asked_at(story, 3)
    assert [(one.side, one.made, one.ppc) for one in found.by_side] == [("seller", 1, 1.0), ("buyer", 2, 0.5)]
    assert [(one.party_id, one.side, one.missed) for one in found.by_party] == [
        (SELLER, "seller", 0),
        (BUYER, "buyer", 0),
        (USER, "buyer", 1),
    ]
    assert [(one.stake, one.made, one.kept) for one in found.by_stake] == [("small", 2, 1), ("large", 1, 1)]
    assert [one.dimension for one in found.commitments] == ["seller", "self", "self"]


def test_reasons_for_variance_by_frequency() -> None:
    story = a_deal(
        *(promise(f"{number}", due_at=due(2), day=0) for number in range(7)),
        *(on_promise("broken", f"{number}", reason_code="forgot", day=1) for number in range(3)),
        on_promise("broken", "3", day=1),
        on_promise("fulfilled", "4", day=3),
        on_promise("cancelled", "5", day=1),
    )
    assert [(one.what, one.reason_code, one.count) for one in asked_at(story, 4).variances] == [
        ("broken", "forgot", 3),
        ("broken", None, 1),
        ("cancelled", None, 1),
        ("late", None, 1),
        ("overdue", None, 1),
    ]


def test_what_was_never_promised() -> None:
    milestones = mapped(("signed", "buyer", None), ("pilot", "seller", None), ("kickoff", "seller", None))
    story = a_deal(milestones, *(request(name, day=1) for name in ("waiting", "refused", "withdrawn", "given")))
    story.tell(
        on_promise("declined", "refused", day=2),
        on_promise("cancelled", "withdrawn", day=2),
        promise("given", day=2, milestone_id=known_as("pilot")),
        fact("milestone.reached", milestone_id=known_as("kickoff"), day=2),
    )
    found = asked_at(story, 5)
    assert [(one.kind, one.id, one.state, one.side, one.party_id) for one in found.never_promised] == [
        ("request", known_as("waiting"), "unanswered", "seller", SELLER),
        ("request", known_as("refused"), "declined", "seller", SELLER),
        ("request", known_as("withdrawn"), "cancelled", "seller", SELLER),
        ("milestone", known_as("signed"), "unpromised", "buyer", None),
    ]
    waiting = found.never_promised[0]
    assert (waiting.text, waiting.since, waiting.age_days) == ("Send the list", day(1), 4.0)
    assert (found.made, found.never_promised[3].text) == (1, "signed")
    story.tell(fact("deal.closed", outcome="lost", day=6))
    assert [one.kind for one in asked_at(story, 7).never_promised] == ["request"] * 2  # nobody waits or is on the way


def test_a27_time_sold_for_an_outcome_against_time_kept() -> None:
    story = a_goal(
        fact("goal.restated", price={"time_per_week": 7}, day=0),
        fact("interaction.logged", direction="outbound", initiated_by=SELLER, duration_minutes=90, day=3),
        fact("goal.restated", price={"time_per_week": 3.5}, day=14),
        fact("goal.status_changed", lifecycle="on_hold", day=21),
        fact("goal.status_changed", lifecycle="active", day=28),
        fact("interaction.logged", direction="outbound", initiated_by=SELLER, duration_minutes=480, day=30),
        fact("interaction.logged", direction="outbound", initiated_by=SELLER, day=31),
        routine("listen"),
    )
    story.tell(
        *(
            fact("checkin.recorded", routine_id=known_as("listen"), local_date=date, status=status, value=value, day=40)
            for date, status, value in [
                ("2026-03-03", "done", 0.1),
                ("2026-03-04", "partial", 0.2),
                ("2026-03-05", "missed", 5),
            ]
        )
    )
    found = asked_at(story, 42).time_price
    assert found is not None
    assert (found.since, found.hours_per_week) == (day(0), 3.5)
    assert (found.hours_committed, found.hours_logged, found.kept_share) == (24.5, 9.5, 0.387755)
    total = found.checkins[0]
    assert (total.routine_id, total.unit, total.total, total.checkins) == (known_as("listen"), None, 0.3, 2)


def test_a_goal_without_a_price_or_with_one_taken_back() -> None:
    story = a_goal()
    assert asked_at(story, 1).time_price is None
    story.tell(fact("goal.restated", price={"time_per_week": 7}, day=0))
    story.tell(fact("goal.restated", price=None, day=7))
    found = asked_at(story, 30).time_price
    assert found is not None
    assert (found.hours_per_week, found.hours_committed, found.kept_share) == (None, 7.0, 0.0)


def test_as_it_was_before_it_was_kept() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0), on_promise("fulfilled", "list", day=3))
    then = commitments(asked(story, as_of=day(2)))
    assert (then.open, then.kept, then.changes_at) == (1, 0, day(5))


def test_a_voided_fulfilment_never_was() -> None:
    story = a_deal(promise("list", due_at=due(5), day=0))
    before = asked_at(story, 6)
    kept = story.tell(on_promise("fulfilled", "list", day=3))[0]
    assert asked_at(story, 6).in_time == 1
    story.tell(voided(kept.event_id), at=day(6))
    assert asked_at(story, 6) == before


def test_erased_words_change_no_figure() -> None:
    story = a_deal(mapped(("pilot", "seller", None)), promise("list", due_at=due(5), next_step=True, day=0))
    story.tell(on_promise("renegotiated", "list", agreed_by=BUYER, day=1), request("more", day=2))
    story.tell(promise("other", condition="If asked", day=2), on_promise("broken", "other", reason="Forgot", day=3))
    now = commitments(erased(story, day(6)))
    assert now.next_step is not None
    assert (now.next_step.statement, now.commitments[0].renegotiations[0].reason) == (None, None)
    assert wordless(story, now) == wordless(story, asked_at(story, 6))


@settings(max_examples=120, deadline=None)
@given(HISTORIES, st.integers(0, 40))
def test_promises_balance_and_dues_are_those_of_the_fold(happened: list[Proposal | int], number: int) -> None:
    story = tell(happened)
    stream = standing(story)
    found = asked_at(story, number)
    for one in (found, *found.by_side, *found.by_party, *found.by_stake):
        assert one.made == one.open + one.kept + one.disputed + one.broken + one.cancelled + one.released
        assert one.due == one.in_time + one.late + one.missed
        assert one.missed >= one.overdue_open
    assert sum(one.made for one in found.by_side) == sum(one.made for one in found.by_party) == found.made
    dues = {thing.id: thing.due and due_instant(thing.due) for thing in stream.things("commitment")}
    assert {one.commitment_id: one.due_at for one in found.commitments} == {
        one.commitment_id: dues[one.commitment_id] for one in found.commitments
    }
    if found.changes_at is not None:
        just_before = commitments(asked(story, found.changes_at - (found.changes_at - day(number)) / 2))
        assert of_the_due(just_before) == of_the_due(found)
