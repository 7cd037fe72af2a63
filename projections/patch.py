"""The difference of two JSON documents as a JSON Patch (RFC 6902): what to do to one so that it becomes the other."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

_canonical = msgspec.json.Encoder(order="sorted").encode


class PatchStep(Struct, frozen=True, kw_only=True):
    """One operation. `path` is a JSON Pointer (RFC 6901), `""` the whole document; `value` is absent on a removal."""

    op: Literal["add", "remove", "replace"]
    path: str
    value: Any | UnsetType = UNSET


def patch(before: Any, after: Any) -> list[PatchStep]:
    """The operations that make `before` into `after`, in the order in which they are to be applied.

    Both are plain JSON values. Members of objects come in alphabetical order. Lists are compared from both ends, and
    what is left in the middle by place; the patch is correct for any two documents and short for documents that are
    alike, not the shortest there is.
    """
    steps: list[PatchStep] = []
    _compare(before, after, "", steps)
    return steps


def escaped(name: str) -> str:
    """`name` as one step of a JSON Pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _compare(before: Any, after: Any, path: str, steps: list[PatchStep]) -> None:
    if isinstance(before, dict) and isinstance(after, dict):
        _compare_objects(before, after, path, steps)
    elif isinstance(before, list) and isinstance(after, list):
        _compare_lists(before, after, path, steps)
    elif not _same(before, after):
        steps.append(PatchStep(op="replace", path=path, value=after))


def _compare_objects(before: dict[str, Any], after: dict[str, Any], path: str, steps: list[PatchStep]) -> None:
    for name in sorted(before.keys() | after.keys()):
        inner = f"{path}/{escaped(name)}"
        if name not in after:
            steps.append(PatchStep(op="remove", path=inner))
        elif name not in before:
            steps.append(PatchStep(op="add", path=inner, value=after[name]))
        else:
            _compare(before[name], after[name], inner, steps)


def _compare_lists(before: list[Any], after: list[Any], path: str, steps: list[PatchStep]) -> None:
    shorter = min(len(before), len(after))
    start = 0
    while start < shorter and _same(before[start], after[start]):
        start += 1
    end = 0
    while end < shorter - start and _same(before[-1 - end], after[-1 - end]):
        end += 1
    shared = shorter - end
    for index in range(start, shared):
        _compare(before[index], after[index], f"{path}/{index}", steps)
    gone, new = range(len(before) - end - 1, shared - 1, -1), range(shared, len(after) - end)
    steps += [PatchStep(op="remove", path=f"{path}/{index}") for index in gone]
    steps += [PatchStep(op="add", path=f"{path}/{index}", value=after[index]) for index in new]


def _same(before: Any, after: Any) -> bool:
    """Equal as JSON, where `true` is not 1."""
    return bool(_canonical(before) == _canonical(after))
