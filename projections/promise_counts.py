"""How many promises came true, and why the others did not. One rule of counting for every group of promises."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from projections.figures import ratio
from projections.promises import Promise


class PromiseCounts(Struct, frozen=True, kw_only=True):
    """How a set of promises stands, and how many came true by their time.

    Each promise `made` is exactly one of `open`, `kept`, `disputed`, `broken` (declared so, or taken back after its
    time), `cancelled` (taken back before) and `released` (let go by the creditor, or by a close other than won).

    `due` counts the times that have come: one for each promise whose agreed time is at the moment asked about or
    before, and one for each time that had passed when it was replaced; a promise that was released has none, and what
    was renegotiated before its time counts at the new one. Each is one of `in_time` (fulfilled by then), `late`
    (fulfilled after) and `missed` (all others, `overdue_open` of which are still owed). `ppc`, the percent plan
    complete of Ballard (2000), is the share in_time / due, six places, null while nothing was due.
    """

    made: int
    open: int
    kept: int
    disputed: int
    broken: int
    cancelled: int
    released: int
    due: int
    in_time: int
    late: int
    missed: int
    overdue_open: int
    ppc: float | None


class Variance(Struct, frozen=True, kw_only=True):
    """Why promises did not come true as agreed: what happened, the code given for it (only a break has one), and how
    often."""

    what: Literal["broken", "cancelled", "disputed", "late", "overdue", "renegotiated_late"]
    reason_code: str | None
    count: int


def counts(made: Iterable[Promise], at: datetime) -> dict[str, Any]:
    """The members of `PromiseCounts` over some promises, at a moment."""
    count: Counter[str] = Counter()
    for one in made:
        count["made"] += 1
        count[_standing(one)] += 1
        count.update(_dues(one, at))
        count["overdue_open"] += one.overdue(at)
    due = count["in_time"] + count["late"] + count["missed"]
    names = [name for name in PromiseCounts.__struct_fields__ if name not in ("due", "ppc")]
    return {name: count[name] for name in names} | {"due": due, "ppc": ratio(count["in_time"], due)}


def _standing(promise: Promise) -> str:
    if promise.open:
        return "open"
    if promise.kept:
        return "kept"
    return "broken" if promise.broken else promise.thing.state


def _dues(promise: Promise, at: datetime) -> Iterator[str]:
    """What became of each time that was agreed and has come."""
    if promise.released:
        return
    yield from ("missed" for _ in promise.missed)
    if promise.due is not None and promise.due <= at:
        yield ("in_time" if promise.in_time(promise.kept_at) else "late") if promise.kept else "missed"


def variances(made: Iterable[Promise], at: datetime) -> list[Variance]:
    """Why promises did not come true, by frequency."""
    count: Counter[tuple[str, str | None]] = Counter()
    for one in made:
        if one.released:
            continue
        count["renegotiated_late", None] += len(one.missed)
        state = one.thing.state
        if state in ("broken", "cancelled", "disputed"):
            count[state, getattr(one.ended, "reason_code", None) if state == "broken" else None] += 1
        elif one.kept and not one.in_time(one.kept_at):
            count["late", None] += 1
        elif one.overdue(at):
            count["overdue", None] += 1
    ordered = sorted(count.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return [
        Variance(what=what, reason_code=code, count=times)  # type: ignore[arg-type]  # one of the names above
        for (what, code), times in ordered
        if times
    ]
