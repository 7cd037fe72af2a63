"""A JSON Patch in words: what was so before, and what is so now. Knows no type of fact and no member of a state."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from projections.patch import PatchStep, escaped

# What a thing in a list is called by, the first that it has.
CALLED_BY = ("name", "title", "statement", "text", "party_id", "id")
NOTHING = "nothing"
# Longer words are cut on a screen; the fact itself has all of them.
CHARS_MAX = 120

Sort = Literal["new", "gone", "changed"]


class Said(NamedTuple):
    """One difference: of what, and the value before and after, in words. What is new had nothing before it."""

    sort: Sort
    of: str
    before: str
    after: str


def said(before: Any, change: Sequence[PatchStep], names: Mapping[str, str]) -> list[Said]:
    """The differences that a patch makes to `before`, in its order. `names` are what parties are called, by id."""
    if before is None and change and isinstance(change[0].value, dict):  # the whole of it is new
        before, change = (
            {},
            [PatchStep(op="add", path=f"/{escaped(key)}", value=one) for key, one in change[0].value.items()],
        )
        return [one for one in _said(before, change, names) if one.after not in (NOTHING, "0")]
    return list(_said(before, change, names))


def _said(before: Any, change: Sequence[PatchStep], names: Mapping[str, str]) -> Iterator[Said]:
    document = deepcopy(before)
    for step in change:
        keys = [key.replace("~1", "/").replace("~0", "~") for key in step.path.split("/")[1:]]
        of = label(document, keys, names)
        was = _at(document, keys)
        now = None if step.op == "remove" else step.value
        _apply(document, keys, step, now)
        sort: Sort = "gone" if step.op == "remove" else "new" if step.op == "add" or was is None else "changed"
        yield Said(sort, of, worded(was, names), worded(now, names))


def label(document: Any, keys: Sequence[str], names: Mapping[str, str]) -> str:
    """What a place in a document is called: members by name, things in lists by what they are called themselves."""
    called: list[str] = []
    for place, key in enumerate(keys):
        inside = _at(document, keys[: place + 1])
        if key.isdigit():
            if place + 1 < len(keys):
                called.append(worded(inside, names))
        else:
            called.append(key.replace("_", " "))
    return ", ".join(called)


def worded(value: Any, names: Mapping[str, str]) -> str:
    """A value on one line."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return _cut(", ".join(worded(one, names) for one in value))
    if isinstance(value, dict):
        if value.get("party_id") in names:
            return names[value["party_id"]]
        own = next((value[name] for name in CALLED_BY if value.get(name)), None)
        if own is not None:
            return worded(own, names)
        return _cut(", ".join(f"{key.replace('_', ' ')} {worded(one, names)}" for key, one in value.items()))
    return _cut(_text(str(value), names))


def _text(text: str, names: Mapping[str, str]) -> str:
    if text in names:
        return names[text]
    if len(text) == 36 and _is_id(text):
        return f"…{text[-8:]}"
    if len(text) >= 20 and text[4] == "-" and text[10] == "T":
        try:
            return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M}"
        except ValueError:
            return text
    return text.replace("_", " ") if text.isidentifier() else text


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _cut(text: str) -> str:
    return text if len(text) <= CHARS_MAX else text[: CHARS_MAX - 1].rstrip() + "…"


def _at(document: Any, keys: Sequence[str]) -> Any:
    """What is at a place; None where there is nothing."""
    for key in keys:
        if isinstance(document, list):
            document = document[int(key)] if int(key) < len(document) else None
        elif isinstance(document, dict):
            document = document.get(key)
        else:
            return None
    return document


def _apply(document: Any, keys: Sequence[str], step: PatchStep, value: Any) -> None:
    """Make the change, so that the next one finds what it was made for."""
    if not keys:
        return
    inside, key = _at(document, keys[:-1]), keys[-1]
    if isinstance(inside, list):
        if step.op == "add":
            inside.insert(int(key), value)
        elif step.op == "remove":
            del inside[int(key)]
        else:
            inside[int(key)] = value
    elif step.op == "remove":
        inside.pop(key, None)
    else:
        inside[key] = value
