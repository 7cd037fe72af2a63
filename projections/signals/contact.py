"""Signals in how people are in contact: silence, chasing, effort that teaches nothing, stalemate, too much asking."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from domain.state import Entry, Thing
from projections.figures import ratio
from projections.moments import moment
from projections.signals.course import Course
from projections.signals.sign import EVIDENCE_MAX, Sign, longer_than
from projections.view import View


def silence(course: Course, view: View) -> Iterator[Sign]:
    """Nothing from the other side for the policy's days; told apart by what was left open when they went quiet."""
    last = course.last_theirs
    since = last.at + timedelta(days=view.policy.silence_days)
    yield Sign(name="silence", since=since, evidence=(last.fact.event_id,))
    left = list(_left_open(course))
    causes = sorted(((from_, thing) for from_, thing in left if thing.born <= last.at), key=lambda one: one[0])
    if causes:
        begins = max(since, causes[0][0])
        told = [thing.fact.event_id for from_, thing in causes if from_ <= max(view.at, begins)]
        evidence = (last.fact.event_id, *told[: EVIDENCE_MAX - 1])
        yield Sign(name="silence_after_hesitation", since=begins, evidence=evidence)
    if not left:
        yield Sign(name="unexplained_silence", since=since, evidence=(last.fact.event_id,))


def _left_open(course: Course) -> Iterator[tuple[datetime, Thing]]:
    """What may hold somebody back, with the moment from which it counts: a deferral counts once its time has come."""
    for thing in course.stream.open_things():
        if thing.kind == "objection":
            yield thing.born, thing
        elif thing.kind == "no" and thing.fact.data.kind == "deferral":
            yield thing.born if thing.due is None else max(thing.born, moment(thing.due).at), thing
    for thing in course.stream.things("hesitation"):
        if thing.state == "noticed":
            yield thing.born, thing


def chasing(course: Course, _view: View) -> Iterator[Sign]:
    """The seller reached out three times or more, and nothing came from the other side."""
    run = course.chasing
    if run.reached is not None:
        yield Sign(name="chasing", since=run.reached, evidence=_latest(run.latest), value=float(run.count))


def effort_without_learning(course: Course, _view: View) -> Iterator[Sign]:
    """The seller reached out five times or more since the buyer last found something out."""
    run = course.effort
    if run.reached is not None:
        evidence = _latest(run.latest)
        yield Sign(name="effort_without_learning", since=run.reached, evidence=evidence, value=float(run.count))


def stalemate(course: Course, view: View) -> Iterator[Sign]:
    """Both sides wait for an answer of the other, each for longer than the policy's days of silence."""
    stream = course.stream
    oldest: dict[str, Thing] = {}
    asked = [thing for thing in stream.things("question") if thing.state == "open"]
    asked += [thing for thing in stream.open_things() if thing.kind == "commitment" and thing.state == "requested"]
    for thing in sorted(asked, key=lambda one: (one.born, one.fact.stream_version)):
        side = stream.side(thing.fact.acting_party)
        if side is not None:
            oldest.setdefault(side, thing)
    ours = "seller" if course.theirs == "buyer" else "coach"
    both = [oldest[side] for side in (ours, course.theirs) if side in oldest]
    if len(both) == 2:
        since = longer_than(max(thing.born for thing in both), timedelta(days=view.policy.silence_days))
        yield Sign(name="stalemate", since=since, evidence=tuple(thing.fact.event_id for thing in both))


def ask_ratio_high(course: Course, view: View) -> Iterator[Sign]:
    """More than half of the contacts of the last 90 days asked for something, of four contacts or more.

    A contact counts for 90 days from its own moment on, so that time alone may turn the signal on or off.
    """
    contacts, policy = course.contacts, view.policy
    window = timedelta(days=policy.ask_days)
    asks = total = entered = left = 0
    since: datetime | None = None
    while left < len(contacts):
        leaves = contacts[left].at + window
        if entered < len(contacts) and contacts[entered].at < leaves:
            now = contacts[entered].at
            asks, total, entered = asks + contacts[entered].fact.data.ask, total + 1, entered + 1
        else:
            now = leaves
            asks, total, left = asks - contacts[left].fact.data.ask, total - 1, left + 1
        if _more_to_come(contacts, entered, left, now, window):
            continue
        high = total >= policy.ask_contacts_min and asks > total * policy.ask_share_max
        if high and since is None:
            since = now
        elif not high and since is not None:
            if now > view.at:
                yield _asking(contacts, since, now, view.at, window)
            since = None


def _more_to_come(contacts: list[Entry], entered: int, left: int, now: datetime, window: timedelta) -> bool:
    """Whether another contact enters or leaves the window at the same instant."""
    return (entered < len(contacts) and contacts[entered].at == now) or (
        left < entered and contacts[left].at + window == now
    )


def _asking(contacts: list[Entry], since: datetime, until: datetime, at: datetime, window: timedelta) -> Sign:
    shown = max(at, since)
    counted = [one for one in contacts if shown - window < one.at <= shown]
    asks = [one for one in counted if one.fact.data.ask]
    value = ratio(len(asks), len(counted))
    return Sign(name="ask_ratio_high", since=since, until=until, evidence=_latest(asks), value=value)


def _latest(entries: Iterable[Entry]) -> tuple[UUID, ...]:
    return tuple(one.fact.event_id for one in entries)[-EVIDENCE_MAX:]
