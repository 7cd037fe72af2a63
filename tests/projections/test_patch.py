"""JSON Patches: whatever two documents are, applying the difference to one gives the other."""

import copy
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from projections.patch import PatchStep, patch

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["a", "b", "~/", "0"]), inner),
    max_leaves=12,
)


def applied(document: Any, steps: list[PatchStep]) -> Any:
    """`document` after a patch, by the letter of RFC 6902: adds go before what is there, removals need something."""
    result = copy.deepcopy(document)
    for step in steps:
        names = [one.replace("~1", "/").replace("~0", "~") for one in step.path.split("/")[1:]]
        if not names:
            assert step.op in ("add", "replace")
            result = copy.deepcopy(step.value)
            continue
        place = result
        for name in names[:-1]:
            place = place[int(name)] if isinstance(place, list) else place[name]
        last: Any = int(names[-1]) if isinstance(place, list) else names[-1]
        if step.op == "remove":
            del place[last]
        elif step.op == "add" and isinstance(place, list):
            assert 0 <= last <= len(place)
            place.insert(last, copy.deepcopy(step.value))
        else:
            if step.op == "replace":
                place[last]  # must be there
            place[last] = copy.deepcopy(step.value)
    return result


def as_json(document: Any) -> bytes:
    return msgspec.json.encode(document, order="sorted")


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_makes_one_document_into_the_other(before: Any, after: Any) -> None:
    assert as_json(applied(before, patch(before, after))) == as_json(after)


@given(DOCUMENTS)
def test_nothing_is_to_be_done_to_what_is_the_same(document: Any) -> None:
    assert patch(document, copy.deepcopy(document)) == []


def test_only_what_differs_is_told() -> None:
    before = {"gone": 1, "kept": {"a": 1, "b": [1, 2, 3]}, "true": True}
    after = {"kept": {"a": 2, "b": [1, 9, 2, 3]}, "new": None, "true": 1}
    assert patch(before, after) == [
        PatchStep(op="remove", path="/gone"),
        PatchStep(op="replace", path="/kept/a", value=2),
        PatchStep(op="add", path="/kept/b/1", value=9),
        PatchStep(op="add", path="/new", value=None),
        PatchStep(op="replace", path="/true", value=1),
    ]


def test_names_are_escaped_and_a_removal_has_no_value() -> None:
    steps = patch({"a/b~c": 1}, {})
    assert msgspec.json.encode(steps) == b'[{"op":"remove","path":"/a~1b~0c"}]'


def test_of_two_unlike_lists_the_middle_is_compared_by_place() -> None:
    assert patch([1, {"a": 1, "b": 1}, 3, 4, 9], [1, {"a": 2, "b": 1}, 9]) == [
        PatchStep(op="replace", path="/1/a", value=2),
        PatchStep(op="remove", path="/3"),
        PatchStep(op="remove", path="/2"),
    ]
