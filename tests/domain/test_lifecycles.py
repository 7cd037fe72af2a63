"""The tables themselves: whole, without dead ends that are not ends."""

import pytest

from domain.events import CATALOGUE
from domain.lifecycles import COMMITMENT, LIFECYCLES, OBJECTION, OPEN_STATES


@pytest.mark.parametrize("kind", LIFECYCLES)
def test_every_step_is_a_type_and_every_state_is_reached(kind: str) -> None:
    table = LIFECYCLES[kind]
    assert {event_type for _, event_type in table} <= set(CATALOGUE)
    reached: set[str | None] = {None}
    while new := {after for (before, _), after in table.items() if before in reached} - reached:
        reached |= new
    assert reached - {"dropped"} == {None, *table.values()}
    assert OPEN_STATES.get(kind, frozenset()) <= set(table.values())


@pytest.mark.parametrize("kind", ["commitment", "objection"])
def test_every_type_of_the_family_is_a_step(kind: str) -> None:
    family = {name for name in CATALOGUE if name.startswith(f"{kind}.")}
    assert {event_type for _, event_type in LIFECYCLES[kind]} == family


def test_nothing_follows_an_ended_promise() -> None:
    ends = set(COMMITMENT.values()) - {before for before, _ in COMMITMENT}
    assert ends == {"declined", "confirmed", "broken", "cancelled", "released"}


def test_an_objection_goes_back_only_by_reopening() -> None:
    forward = ["raised", "acknowledged", "answered", "resolved", "confirmed"]
    for (before, event_type), after in OBJECTION.items():
        if before in forward and after in forward and event_type != "objection.reopened":
            assert forward.index(after) > forward.index(before)
