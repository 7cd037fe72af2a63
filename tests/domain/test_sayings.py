"""What a fact says by itself: times that can be, money with a currency, zones that exist, text in one form."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from domain.events import ClientProposal
from domain.facts import Proposal
from domain.fields import LocalDue, day_end, due_instant
from domain.refusals import (
    CurrencyMissing,
    DayNotYetCome,
    InTheFuture,
    MomentOutOfRange,
    OutOfOrder,
    ScheduleUnclear,
    SchemaVersionUnknown,
    TextTooLong,
    ZoneUnknown,
)
from tests.domain.telling import (
    DEAL,
    SELLER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    noted,
    opened,
    promise,
    refused,
)

DECODER = msgspec.json.Decoder(ClientProposal)


def test_what_has_not_happened_is_not_recorded() -> None:
    deal = a_deal()
    with refused(InTheFuture, deal) as told:
        deal.tell(noted(occurred_at=day(1) + timedelta(minutes=5, seconds=1)), at=day(1))
    assert told.members == {"server_time": day(1)}


def test_a_clock_may_be_five_minutes_ahead() -> None:
    deal = a_deal()
    deal.tell(noted(occurred_at=day(1) + timedelta(minutes=5)), at=day(1))
    assert deal.stream.version == 5


@pytest.mark.parametrize(
    "early", [datetime(1899, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))]
)
def test_what_happened_before_anybody_can_count_is_refused(early: datetime) -> None:
    deal = a_deal()
    with refused(MomentOutOfRange, deal):
        deal.tell(noted(occurred_at=early), at=day(1))


@pytest.mark.parametrize("due", [datetime(2200, 1, 1, tzinfo=UTC), {"local_date": "9999-12-31", "time_zone": "UTC"}])
def test_a_due_lies_in_a_time_that_can_be_counted_with(due: object) -> None:
    deal = a_deal()
    with refused(MomentOutOfRange, deal):
        deal.tell(promise("p", due_at=due))


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "..", "/etc", "localtime/../UTC"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    deal = a_deal()
    said = fact("note.recorded", text="x", time_zone="UTC")
    with refused(ZoneUnknown, deal):
        deal.tell(msgspec.structs.replace(said, time_zone=zone))


@pytest.mark.parametrize("zone", ["localtime", "posixrules", "posix/Europe/Lisbon", "right/Europe/Lisbon"])
def test_a_zone_that_is_another_one_on_another_machine_is_refused(zone: str) -> None:
    deal = a_deal()
    with refused(ZoneUnknown, deal):
        deal.tell(promise("p", due_at={"local_date": "2026-05-01", "time_zone": zone}))


def test_a_zone_inside_a_list_is_checked_too() -> None:
    deal = a_deal()
    milestone = {"name": "Signed", "owner_side": "buyer", "due": {"local_date": "2026-05-01", "time_zone": "Mars/Base"}}
    with refused(ZoneUnknown, deal):
        deal.tell(fact("journey.mapped", end_state="Live", milestones=[milestone]))


def test_times_are_kept_in_utc() -> None:
    deal = a_deal()
    (one,) = deal.tell(noted(occurred_at="2026-03-04T09:00:00+05:00"), at=day(9))
    assert one.occurred_at.isoformat() == "2026-03-04T04:00:00+00:00"


def test_a_local_due_ends_with_its_day() -> None:
    due = LocalDue(datetime(2026, 3, 28, tzinfo=UTC).date(), "Europe/Amsterdam")
    assert due_instant(due) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    next_day = LocalDue(datetime(2026, 3, 29, tzinfo=UTC).date(), "Europe/Amsterdam")
    assert due_instant(next_day) == datetime(2026, 3, 29, 22, tzinfo=UTC), "the day in which the clocks go forward"


def test_a_day_without_midnight_still_ends() -> None:
    # In Cairo the clocks skipped the first hour of 2023-04-28.
    assert day_end(datetime(2023, 4, 27, tzinfo=UTC).date(), "Africa/Cairo") == datetime(2023, 4, 27, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    "story_and_fact",
    [
        (Story(DEAL), opened(amount="10")),
        (a_deal(), fact("deal.changed", amount="10")),
        (
            a_deal(),
            fact("insight.recorded", kind="metric", statement="x", subject="buyer", uncovered_by="buyer", amount="1"),
        ),
        (a_goal(), fact("goal.restated", price={"money": "5"})),
    ],
)
def test_an_amount_has_a_currency(story_and_fact: tuple[Story, Proposal]) -> None:
    story, said = story_and_fact
    with refused(CurrencyMissing, story):
        story.tell(said)


@pytest.mark.parametrize(
    "schedule",
    [
        {},
        {"times": 3},
        {"per": "week"},
        {"times": 3, "per": "week", "weekdays": ["monday"]},
        {"weekdays": ["monday", "monday"]},
    ],
)
def test_a_schedule_can_be_read_in_one_way_only(schedule: dict[str, object]) -> None:
    goal = a_goal()
    with refused(ScheduleUnclear, goal):
        goal.tell(fact("routine.set", name="Listen", time_zone="UTC", schedule=schedule))


def a_routine(**more: Any) -> Proposal:
    said: dict[str, Any] = {
        "name": "Listen",
        "time_zone": "Europe/Lisbon",
        "schedule": {"times": 1, "per": "day"},
        **more,
    }
    return fact("routine.set", routine_id=known_as("r"), **said)


def checked_in(local_date: str, **more: Any) -> Proposal:
    return fact("checkin.recorded", routine_id=known_as("r"), **{"local_date": local_date, "status": "done", **more})


def test_a_day_that_has_begun_nowhere_is_not_checked_in() -> None:
    goal = a_goal(a_routine())
    with refused(DayNotYetCome, goal):
        goal.tell(checked_in("2026-03-04"), at=day(0))
    goal.tell(checked_in("2026-03-02"), at=day(0))
    assert goal.stream.version == 4


def test_an_ended_routine_takes_late_days_but_no_new_ones() -> None:
    goal = a_goal(a_routine(), fact("routine.ended", routine_id=known_as("r"), day=3))
    goal.tell(checked_in("2026-03-05"), at=day(9))
    with refused(OutOfOrder, goal):
        goal.tell(checked_in("2026-03-06"), at=day(9))
    goal.tell(a_routine(schedule={"weekdays": ["friday"]}), at=day(9))
    goal.tell(checked_in("2026-03-06"), at=day(9))
    assert goal.state("r") == "running"


def test_a_version_that_is_not_known_is_refused() -> None:
    deal = a_deal()
    with refused(SchemaVersionUnknown, deal) as told:
        deal.tell(noted(schema_version=2))
    assert told.members == {"known": (1,)}
    deal.tell(noted(schema_version=1))


def test_text_is_kept_in_composed_form() -> None:
    deal = a_deal()
    evidence = [{"kind": "quote", "text": "cafe\u0301"}]
    (one,) = deal.tell(noted("Cafe\u0301 \u212b", evidence=evidence))
    assert (one.data.text, one.evidence[0].text) == ("Caf\u00e9 \u00c5", "caf\u00e9")


def test_text_inside_a_list_is_composed_too() -> None:
    goal = a_goal()
    steps = [{"text": "cafe\u0301", "horizon": "next"}, {"text": "plain", "horizon": "next"}]
    (one,) = goal.tell(fact("goal.decomposed", steps=steps, proposed_by="agent"))
    assert [step.text for step in one.data.steps] == ["caf\u00e9", "plain"]


def test_text_that_grows_past_its_bound_when_composed_is_refused() -> None:
    deal = a_deal()
    with refused(TextTooLong, deal):
        deal.tell(noted("\u0958" * 4_000))


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00", r"\ud800x", r"\u0000", r"\u0007", r"\u009f", r"\r"])
def test_text_that_is_no_text_does_not_pass_the_decoder(escape: str) -> None:
    body = f'{{"type": "note.recorded", "data": {{"text": "a{escape}b"}}}}'
    with pytest.raises(msgspec.DecodeError):
        DECODER.decode(body.encode())


@pytest.mark.parametrize("value", ["EUR\n", "eur", "EURO"])
def test_a_currency_is_three_letters_and_no_more(value: str) -> None:
    body = msgspec.json.encode({"type": "deal.opened", "data": {"title": "x", "amount": "1", "currency": value}})
    with pytest.raises(msgspec.ValidationError):
        DECODER.decode(body)


@pytest.mark.parametrize("value", ["1.", "01", "-1", "1e3", "1.12345", "1\n", 12])
def test_money_is_a_plain_decimal_string(value: object) -> None:
    body = msgspec.json.encode({"type": "deal.opened", "data": {"title": "x", "amount": value, "currency": "EUR"}})
    with pytest.raises(msgspec.ValidationError):
        DECODER.decode(body)


def test_the_acting_party_is_whose_act_it_was() -> None:
    deal = a_deal()
    (spoken,) = deal.tell(fact("no.invited", by=SELLER))
    (behalf,) = deal.tell(fact("no.invited", by=SELLER, on_behalf_of=known_as("buyer")))
    (alone,) = deal.tell(noted())
    assert [one.acting_party for one in (spoken, behalf, alone)] == [SELLER, known_as("buyer"), SELLER]
