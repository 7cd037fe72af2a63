"""The profile names functions of the service by text: each must be there, and time must go to the innermost."""

import time

from benchmarks.stages import REST, STAGES, Stages, staged


def test_every_stage_is_a_function_of_the_service_and_is_itself_again_afterwards() -> None:
    with staged():
        pass
    with staged() as stages:
        seconds, calls = stages.stop()
    assert set(seconds) == {REST}
    assert calls == {}
    assert len({stage for stage, _, _ in STAGES}) == len(STAGES)


def test_time_counts_for_the_innermost_stage() -> None:
    stages = Stages()
    stages.enter("outer")
    stages.enter("inner")
    _work()
    stages.leave()
    stages.leave()
    seconds, _ = stages.stop()
    assert seconds["inner"] > seconds["outer"]


def _work() -> None:
    """Some milliseconds of this thread's own time."""
    end = time.thread_time() + 0.005
    while time.thread_time() < end:
        pass
