"""The state of a stream: what it is about, where it is, and what comes next."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.facts import ERASED
from domain.fields import Named
from projections.stream_state import DealState, Ending, GoalState, NextStep, StreamState, stream_state
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
    known_as,
    objection,
    on_objection,
    on_promise,
    promise,
)
from tests.projections.standing import force, moment, on, standing

NOW = moment("2026-04-01 12:00")


def deal_state(story: Story, at: datetime = NOW) -> DealState:
    found = stream_state(standing(story), at)
    assert isinstance(found, DealState)
    return found


def goal_state(story: Story, at: datetime = NOW) -> GoalState:
    found = stream_state(standing(story), at)
    assert isinstance(found, GoalState)
    return found


def test_a_deal_just_opened() -> None:
    found = deal_state(a_deal())
    assert (str(found.id), found.status, found.open) == (DEAL.removeprefix("deal/"), "open", True)
    assert (found.title, found.trigger, found.stage, found.closed) == ("Shift planning", "other", None, None)
    assert [one.party_id for one in found.participants] == [SELLER, BUYER, USER, COACH]
    assert found.counts == {"deal": 1, "people": 3}
    assert (found.opened_at, found.last_event_at) == (DAY_0, DAY_0)
    assert (found.next_step, found.promises_open, found.promises_overdue, found.objections_open) == (None, 0, 0, 0)
    assert (found.forces_net, found.changes_at) == (None, None)


def test_the_terms_of_a_deal_as_they_stand() -> None:
    deal = a_deal(fact("deal.changed", amount="18000.00", currency="EUR", referred_by={"name": "Ines"}, segment="mid"))
    deal.tell(fact("deal.changed", amount="21000.00", currency="EUR", trigger="referral", segment=None))
    found = deal_state(deal)
    assert (found.amount, found.currency, found.trigger, found.segment) == ("21000.00", "EUR", "referral", None)
    assert found.referred_by == Named("Ines")


def test_the_stage_and_since_when() -> None:
    deal = a_deal(fact("stage.entered", stage="deciding", day=3))
    assert (deal_state(deal).stage, deal_state(deal).stage_entered_at) == ("deciding", day(3))
    deal.tell(fact("stage.entered", stage="active_looking", day=2), at=day(4))
    assert deal_state(deal).stage == "deciding", "a stage recorded late is not the latest"


def test_how_a_deal_ended() -> None:
    deal = a_deal()
    deal.tell(fact("deal.closed", outcome="lost", reason_code="budget", reason="Frozen", decided_by=BUYER, day=4))
    found = deal_state(deal)
    assert (found.status, found.open) == ("closed", False)
    assert found.closed == Ending(outcome="lost", at=day(4), reason_code="budget", reason="Frozen", decided_by=BUYER)
    deal.tell(fact("deal.reopened", reason="Thawed", day=5))
    assert (deal_state(deal).status, deal_state(deal).closed) == ("open", None)


def test_somebody_whose_name_was_erased_is_nobody() -> None:
    deal = a_deal(fact("deal.closed", outcome="lost", reason=ERASED, decided_by={"name": ERASED}))
    ending = deal_state(deal).closed
    assert ending is not None
    assert (ending.reason, ending.decided_by) == (None, None)


def test_the_next_step_is_the_one_due_first() -> None:
    deal = a_deal(
        promise("no step", due_at="2026-04-02T12:00:00Z"),
        promise("whenever", next_step=True),
        promise("second", next_step=True, due_at="2026-05-02T12:00:00Z"),
        promise(
            "first", next_step=True, due_at=on("2026-04-10"), debtor=BUYER, creditor=SELLER, statement="Call Lotte"
        ),
    )
    assert deal_state(deal).next_step == NextStep(
        commitment_id=known_as("first"),
        statement="Call Lotte",
        debtor=BUYER,
        creditor=SELLER,
        due_at=moment("2026-04-10 22:00"),
        overdue=False,
    )
    deal.tell(
        on_promise("fulfilled", "first", on_behalf_of=BUYER), on_promise("released", "second", on_behalf_of=BUYER)
    )
    last = deal_state(deal).next_step
    assert last is not None
    assert (last.commitment_id, last.due_at) == (known_as("whenever"), None)


def test_a_promise_is_overdue_just_after_its_due_time() -> None:
    deal = a_deal(
        promise("p", due_at="2026-04-02T12:00:00Z", next_step=True), promise("q", due_at="2026-04-05T12:00:00Z")
    )
    before, then, after = (
        deal_state(deal, moment(at)) for at in ("2026-04-01 00:00", "2026-04-02 12:00", "2026-04-02 12:01")
    )
    assert (before.promises_open, before.promises_overdue, before.changes_at) == (2, 0, moment("2026-04-02 12:00"))
    assert (then.promises_overdue, then.changes_at) == (0, moment("2026-04-02 12:00"))
    assert (after.promises_overdue, after.changes_at) == (1, moment("2026-04-05 12:00"))
    assert (after.next_step or before.next_step) is not None
    assert after.next_step is not None
    assert after.next_step.overdue
    assert deal_state(deal, moment("2026-05-01 00:00")).changes_at is None


def test_between_two_due_times_nothing_changes_without_a_fact() -> None:
    deal = a_deal(promise("p", due_at="2026-04-02T12:00:00Z"), promise("q", due_at="2026-04-05T12:00:00Z"))
    early = deal_state(deal, moment("2026-04-02 12:01"))
    late = deal_state(deal, moment("2026-04-05 12:00"))
    assert early == late


def test_objections_that_are_not_settled_are_open() -> None:
    deal = a_deal(objection("a"), objection("b"), objection("c"), on_objection("answered", "b"))
    deal.tell(on_objection("resolved", "c"))
    assert deal_state(deal).objections_open == 2
    deal.tell(on_objection("reopened", "c"))
    assert deal_state(deal).objections_open == 3


def test_forces_are_netted() -> None:
    assert deal_state(a_deal(force("a", "push", 4), force("b", "habit", 5))).forces_net == -1


def test_facts_are_counted_by_family_without_the_voided() -> None:
    deal = a_deal()
    noted = deal.tell(fact("note.recorded", text="One"), fact("note.recorded", text="Two"))
    deal.tell(fact("event.voided", target_event_id=noted[0].event_id, reason="On the wrong deal"))
    assert deal_state(deal).counts == {"deal": 1, "people": 3, "record": 1}


def test_a_goal_as_it_stands() -> None:
    goal = a_goal(
        fact("goal.restated", why="To show up", price={"time_per_week": 4, "effort": "Evenings"}, horizon="short"),
        fact("goal.status_changed", lifecycle="accepted", achievement="improving"),
        fact("goal.linked", parent=known_as("larger")),
        fact("goal.linked", parent=known_as("largest")),
    )
    found = goal_state(goal)
    assert (found.statement, found.why, found.horizon) == ("Speak Portuguese at the table", "To show up", "short")
    assert (found.status, found.open, found.achievement) == ("accepted", True, "improving")
    assert found.price is not None
    assert found.price.time_per_week == 4
    assert found.parents == [known_as("larger"), known_as("largest")]


def test_a_goal_is_open_until_it_is_completed_or_cancelled() -> None:
    goal = a_goal()
    assert (goal_state(goal).status, goal_state(goal).open) == ("active", True)
    for lifecycle, is_open in [("on_hold", True), ("completed", False), ("active", True), ("cancelled", False)]:
        goal.tell(fact("goal.status_changed", lifecycle=lifecycle))
        assert (goal_state(goal).status, goal_state(goal).open) == (lifecycle, is_open)


def test_every_member_is_on_the_wire() -> None:
    sent: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(deal_state(a_deal())))
    assert sent["kind"] == "deal"
    assert sent.keys() == {"kind", *DealState.__struct_fields__}
    assert sent["next_step"] is None
    assert UUID(sent["id"]) == known_as("the deal")


def test_both_kinds_have_a_schema() -> None:
    (schema,), components = msgspec.json.schema_components([StreamState])
    assert schema["discriminator"]["propertyName"] == "kind"
    assert {"DealState", "GoalState", "NextStep", "Ending", "Participation"} <= components.keys()
    for name in ("DealState", "GoalState"):
        assert set(components[name]["required"]) == set(components[name]["properties"])
