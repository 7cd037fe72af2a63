"""What holds for every question that a stream can be asked, whatever happened on it."""

from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from projections.resources import RESOURCES
from projections.view import View
from tests.domain.telling import day
from tests.projections.standing import standing
from tests.projections.test_any_history import HISTORIES, tell

FAR = timedelta(days=4_000)


def test_names_are_said_once_and_as_paths_have_them() -> None:
    assert len({resource.key for resource in RESOURCES.values()}) == len(RESOURCES)
    for name, resource in RESOURCES.items():
        assert name == resource.name
        assert name == name.lower()
        assert not resource.summary.endswith(".")


def test_what_time_alone_can_change_says_when() -> None:
    for resource in RESOURCES.values():
        assert ("changes_at" in resource.answer.__struct_fields__) == resource.timed, resource.name


@settings(max_examples=40, deadline=None)
@given(HISTORIES, st.integers(0, 60))
def test_equal_views_have_equal_answers_and_only_timed_ones_look_at_the_moment(
    happened: list[Proposal | int], number: int
) -> None:
    story = tell(happened)
    at = max(day(number), standing(story).last_at or day(0))  # no view is of a moment before what is in it
    for resource in RESOURCES.values():
        if "deal" not in resource.kinds:
            continue
        answer = resource.of(View(standing(story), at))
        assert resource.of(View(standing(story), at)) == answer, resource.name
        assert msgspec.json.decode(msgspec.json.encode(answer), type=resource.answer) == answer, resource.name
        if not resource.timed:
            assert resource.of(View(standing(story), at + FAR)) == answer, resource.name
