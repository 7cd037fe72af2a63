"""When it is tried again: laws, and what a receiver may ask for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ledger.webhooks.schedule import FIRST_S, GIVE_UP, JITTER, LONGEST_S, next_attempt, pause_s
from service.ledger.webhooks.sending import seconds_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANCE = st.floats(0, 1, exclude_max=True)


@given(st.integers(1, 10_000), CHANCE)
def test_pauses_grow_up_to_the_longest_and_differ_by_the_jitter(attempts: int, chance: float) -> None:
    pause = pause_s(attempts, chance)
    assert FIRST_S * (1 - JITTER) <= pause <= LONGEST_S * (1 + JITTER)
    assert pause_s(attempts + 2, chance) >= pause, "two attempts later it is no shorter, whatever chance says"
    assert pause_s(attempts, 0.0) <= pause


@given(st.integers(1, 10_000), CHANCE, st.one_of(st.none(), st.floats(0, 1e9)))
def test_what_the_receiver_asks_for_counts_within_bounds(attempts: int, chance: float, asked: float | None) -> None:
    pause = pause_s(attempts, chance, asked)
    assert pause >= min(asked or 0, LONGEST_S)
    assert pause <= LONGEST_S * (1 + JITTER)


@given(st.lists(CHANCE, min_size=60, max_size=60))
def test_for_three_days_it_is_tried_and_last_when_they_are_over(chances: list[float]) -> None:
    now, attempts = NOW, 0
    while True:
        attempts += 1
        again = next_attempt(now, NOW, attempts, chances[attempts])
        if again is None:
            break
        assert now < again <= NOW + GIVE_UP
        now = again
    assert now == NOW + GIVE_UP
    assert 25 < attempts < 45, "often enough to come through, seldom enough to be no burden"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 02 Mar 2026 09:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2020 09:01:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("٣", None),
        ("Mon, 02 Mar 2026 09:01:00", None),
        ("9" * 400, 1e40 - 1),
    ],
)
def test_a_retry_after_is_read_in_both_its_forms(text: str, seconds: float | None) -> None:
    assert seconds_of(text, NOW) == seconds


def test_the_whole_schedule_is_three_days() -> None:
    assert timedelta(days=3) == GIVE_UP
