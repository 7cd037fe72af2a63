"""The tables themselves: whole, without dead ends that are not ends, and drawn from the same source."""

import pytest

from domain.events import CATALOGUE
from domain.lifecycles import COMMITMENT, ENDED_COMMITMENTS, LIFECYCLES, OBJECTION, OPEN_STATES, Transitions, mermaid


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
    assert not [before for before, _ in COMMITMENT if before in ENDED_COMMITMENTS]


def test_an_objection_goes_back_only_by_reopening() -> None:
    forward = ["raised", "acknowledged", "answered", "resolved", "confirmed"]
    for (before, event_type), after in OBJECTION.items():
        if before in forward and after in forward and event_type != "objection.reopened":
            assert forward.index(after) > forward.index(before)


@pytest.mark.parametrize("table", LIFECYCLES.values())
def test_the_diagram_has_one_arrow_for_each_row(table: Transitions) -> None:
    lines = mermaid(table).splitlines()
    assert lines[0] == "stateDiagram-v2"
    for (before, event_type), after in table.items():
        assert f"    {before or '[*]'} --> {after} : {event_type}" in lines
    ends = {line.split()[0] for line in lines if line.endswith("--> [*]")}
    assert len(lines) == 1 + len(table) + len(ends)


def test_the_ends_of_a_promise_are_drawn_as_ends() -> None:
    lines = mermaid(COMMITMENT).splitlines()
    assert {line.split()[0] for line in lines if line.endswith("--> [*]")} == ENDED_COMMITMENTS
