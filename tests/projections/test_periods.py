"""A routine's periods: local days, weeks and months, through changes of setting and of the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.routines import RoutineSet
from projections.periods import Change, Period, periods
from tests.projections.standing import moment

ALWAYS = moment("2026-01-01 00:00"), moment("2030-01-01 00:00")


def change(at: str, zone: str = "Europe/Lisbon", **schedule: Any) -> Change:
    """A setting made at a moment in UTC."""
    said = {"name": "Listening", "time_zone": zone, "schedule": schedule}
    return Change(moment(at), msgspec.convert(said, RoutineSet))


def ended(at: str) -> Change:
    return Change(moment(at), None)


def first(number: int, *changes: Change, start: datetime = ALWAYS[0], end: datetime = ALWAYS[1]) -> list[Period]:
    return list(islice(periods(changes, start, end), number))


def days(found: list[Period]) -> list[tuple[str, str, int]]:
    return [(one.first_day.isoformat(), one.last_day.isoformat(), one.times) for one in found]


def test_days_begin_with_the_one_on_which_the_routine_was_set() -> None:
    found = first(3, change("2026-03-02 09:00", times=2, per="day"))
    assert days(found) == [
        ("2026-03-02", "2026-03-02", 2),
        ("2026-03-03", "2026-03-03", 2),
        ("2026-03-04", "2026-03-04", 2),
    ]
    assert (found[0].start, found[0].end) == (moment("2026-03-02 00:00"), moment("2026-03-03 00:00"))


def test_the_day_is_the_local_one() -> None:
    assert days(first(1, change("2026-03-02 23:30", "Asia/Tokyo", times=1, per="day"))) == [
        ("2026-03-03", "2026-03-03", 1)
    ]


def test_weekdays_are_periods_of_their_own() -> None:
    found = first(4, change("2026-03-03 09:00", weekdays=["monday", "wednesday", "friday"]))
    assert days(found) == [
        ("2026-03-04", "2026-03-04", 1),
        ("2026-03-06", "2026-03-06", 1),
        ("2026-03-09", "2026-03-09", 1),
        ("2026-03-11", "2026-03-11", 1),
    ]


def test_weeks_run_from_monday_to_sunday() -> None:
    found = first(2, change("2026-03-02 09:00", times=3, per="week"))
    assert days(found) == [("2026-03-02", "2026-03-08", 3), ("2026-03-09", "2026-03-15", 3)]
    assert found[1].end == moment("2026-03-16 00:00")


@pytest.mark.parametrize(
    ("set_on", "times"), [("02", 3), ("03", 3), ("04", 3), ("05", 2), ("06", 2), ("07", 1), ("08", 1)]
)
def test_a_week_begun_late_asks_for_its_share_rounded_up(set_on: str, times: int) -> None:
    found = first(2, change(f"2026-03-{set_on} 09:00", times=3, per="week"))
    assert [one.times for one in found] == [times, 3]


def test_months_are_as_long_as_they_are() -> None:
    found = first(3, change("2028-01-16 09:00", times=4, per="month"))
    assert days(found) == [
        ("2028-01-16", "2028-01-31", 3),
        ("2028-02-01", "2028-02-29", 4),
        ("2028-03-01", "2028-03-31", 4),
    ]


def test_a_new_number_takes_the_running_week_over() -> None:
    found = first(2, change("2026-03-02 09:00", times=3, per="week"), change("2026-03-05 09:00", times=5, per="week"))
    assert days(found) == [("2026-03-02", "2026-03-08", 5), ("2026-03-09", "2026-03-15", 5)]


def test_a_new_unit_cuts_the_running_week_short() -> None:
    found = first(3, change("2026-03-02 09:00", times=3, per="week"), change("2026-03-05 09:00", times=1, per="day"))
    assert days(found) == [
        ("2026-03-02", "2026-03-04", 2),
        ("2026-03-05", "2026-03-05", 1),
        ("2026-03-06", "2026-03-06", 1),
    ]


def test_other_weekdays_hold_from_the_day_they_were_set() -> None:
    found = first(
        3, change("2026-03-02 09:00", weekdays=["monday", "friday"]), change("2026-03-05 09:00", weekdays=["tuesday"])
    )
    assert [one.first_day.isoformat() for one in found] == ["2026-03-02", "2026-03-10", "2026-03-17"]


def test_of_two_settings_on_one_day_the_later_holds() -> None:
    found = first(1, change("2026-03-02 09:00", times=1, per="day"), change("2026-03-02 19:00", times=2, per="day"))
    assert days(found) == [("2026-03-02", "2026-03-02", 2)]


def test_an_ended_routine_has_no_more_periods() -> None:
    found = first(9, change("2026-03-02 09:00", times=1, per="day"), ended("2026-03-04 21:00"))
    assert [one.first_day.isoformat() for one in found] == ["2026-03-02", "2026-03-03"]


def test_a_routine_set_again_after_its_end_leaves_a_gap() -> None:
    found = first(
        3,
        change("2026-03-02 09:00", times=7, per="week"),
        ended("2026-03-04 21:00"),
        change("2026-03-06 09:00", times=7, per="week"),
    )
    assert days(found) == [
        ("2026-03-02", "2026-03-03", 2),
        ("2026-03-06", "2026-03-08", 3),
        ("2026-03-09", "2026-03-15", 7),
    ]


def test_a_move_to_another_zone_has_each_day_once() -> None:
    """Set in Tokyo on the 2nd, then in Los Angeles, where the 2nd has not ended: the 3rd follows the 2nd."""
    found = first(
        3,
        change("2026-03-02 01:00", "Asia/Tokyo", times=1, per="day"),
        change("2026-03-03 01:00", "America/Los_Angeles", times=1, per="day"),
    )
    assert [one.first_day.isoformat() for one in found] == ["2026-03-02", "2026-03-03", "2026-03-04"]
    assert [one.setting.time_zone for one in found] == ["America/Los_Angeles"] * 3


def test_the_day_on_which_clocks_go_forward_is_an_hour_short() -> None:
    found = first(
        3, change("2026-03-01 09:00", "Europe/Amsterdam", times=1, per="day"), start=moment("2026-03-28 12:00")
    )
    assert [one.end - one.start for one in found] == [timedelta(hours=24), timedelta(hours=23), timedelta(hours=24)]
    assert found[1].start == moment("2026-03-28 23:00")
    assert found[1].end == moment("2026-03-29 22:00")


def test_the_day_on_which_clocks_go_back_is_an_hour_long() -> None:
    found = first(
        1, change("2026-03-01 09:00", "Europe/Amsterdam", times=1, per="day"), start=moment("2026-10-25 12:00")
    )
    assert (found[0].start, found[0].end) == (moment("2026-10-24 22:00"), moment("2026-10-25 23:00"))


def test_a_day_without_a_midnight_begins_when_it_begins() -> None:
    """In Cairo the clocks of 2026-04-24 go from 00:00 to 01:00: the day has 23 hours and begins at 22:00 UTC."""
    found = first(1, change("2026-03-01 09:00", "Africa/Cairo", times=1, per="day"), start=moment("2026-04-24 12:00"))
    assert (found[0].start, found[0].end) == (moment("2026-04-23 22:00"), moment("2026-04-24 21:00"))


def test_a_day_that_a_zone_left_out_is_no_period() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    found = first(2, change("2011-12-30 09:00", "Pacific/Apia", times=1, per="day"), start=moment("2011-12-29 00:00"))
    assert [one.first_day.isoformat() for one in found] == ["2011-12-29", "2011-12-31"]
    assert found[0].end == found[1].start


def test_only_periods_that_share_time_with_the_window_are_given() -> None:
    routine = change("2026-03-02 09:00", times=1, per="day")
    found = list(periods([routine], moment("2026-03-10 00:00"), moment("2026-03-12 00:00")))
    assert [one.first_day.isoformat() for one in found] == ["2026-03-10", "2026-03-11"]
    found = list(periods([routine], moment("2026-03-09 23:59"), moment("2026-03-12 00:01")))
    assert [one.first_day.isoformat() for one in found] == ["2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12"]


def test_windows_at_the_ends_of_time_are_no_trouble() -> None:
    earliest, latest = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    monthly = change("2026-03-02 09:00", "Pacific/Kiritimati", times=1, per="month")
    assert next(periods([monthly], earliest, latest)).first_day == date(2026, 3, 2)
    assert list(periods([monthly], latest, latest)) == []
    assert list(periods([], earliest, latest)) == []
    assert len(list(periods([monthly], moment("9998-01-01 00:00"), latest))) == 24


ZONES = [
    "Europe/Amsterdam",
    "America/New_York",
    "Asia/Tokyo",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Africa/Cairo",
]
SCHEDULES = st.sampled_from(
    [
        {"times": 1, "per": "day"},
        {"times": 3, "per": "week"},
        {"times": 5, "per": "month"},
        {"weekdays": ["tuesday", "saturday"]},
        None,
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    told=st.lists(st.tuples(st.integers(0, 24 * 400), SCHEDULES, st.sampled_from(ZONES)), min_size=1, max_size=5),
    since=st.integers(0, 24 * 400),
    hours=st.integers(1, 24 * 200),
)
def test_periods_never_share_a_day_and_a_window_leaves_none_out(
    told: list[tuple[int, dict[str, Any] | None, str]], since: int, hours: int
) -> None:
    origin = moment("2026-01-01 00:00")
    changes = []
    for offset, schedule, zone in sorted(told, key=lambda one: one[0]):
        at = origin + timedelta(hours=offset)
        said = {"name": "Listening", "time_zone": zone, "schedule": schedule}
        changes.append(Change(at, None if schedule is None else msgspec.convert(said, RoutineSet)))
    everything = list(periods(changes, origin, origin + timedelta(days=700)))
    for before, after in pairwise(everything):
        assert before.last_day < after.first_day
    for one in everything:
        assert one.start < one.end
        assert one.times >= 1
    start = origin + timedelta(hours=since)
    end = start + timedelta(hours=hours)
    assert list(periods(changes, start, end)) == [one for one in everything if one.start < end and one.end > start]
