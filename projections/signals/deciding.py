"""Signals on the way to a decision and after it: a yes too early, no next step, nobody's struggle, nobody's reasons."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from projections.figures import median
from projections.signals.course import Course, Early
from projections.signals.sign import EVIDENCE_MAX, Missing, Sign, SignalName, longer_than
from projections.view import View

STALLED_DAYS_MIN = timedelta(days=14)
STALLED_MEDIANS = 2  # so many times as long as this buyer's other stages took
EXPLAINED_WITHIN = timedelta(days=14)
GONE_QUIET_AFTER = timedelta(days=60)


def premature_yes(course: Course, _view: View) -> Iterator[Sign]:
    """A promise of the other side from before they could know, while it is open."""
    yield from _early("premature_yes", course.early.values())


def price_pressure_after_unasked(course: Course, _view: View) -> Iterator[Sign]:
    """Haggling that came within 14 days after two or more features that nobody had asked for, until it is cleared."""
    yield from _early("price_pressure_after_unasked", course.haggling.values())


def _early(name: SignalName, found: Iterable[Early]) -> Iterator[Sign]:
    ordered = sorted(found, key=lambda one: (one.entry.at, one.entry.fact.stream_version))
    if ordered:
        evidence = dict.fromkeys(
            event_id for one in reversed(ordered) for event_id in (one.entry.fact.event_id, *one.because)
        )
        yield Sign(
            name=name, since=ordered[0].entry.at, evidence=tuple(evidence)[:EVIDENCE_MAX], value=float(len(ordered))
        )


def stalled(course: Course, _view: View) -> Iterator[Sign]:
    """Longer in one stage than 14 days and than twice the median of the stages that this deal has finished."""
    if course.stage is not None:
        usual = median(course.stages) or timedelta(0)
        since = longer_than(course.stage.at, max(STALLED_DAYS_MIN, STALLED_MEDIANS * usual))
        yield Sign(name="stalled", since=since, evidence=(course.stage.fact.event_id,))


def no_next_step(course: Course, _view: View) -> Iterator[Sign]:
    """No open promise moves things on."""
    if course.without_step is not None:
        entry = course.without_step
        yield Sign(name="no_next_step", since=entry.at, evidence=(entry.fact.event_id,))


def begun_for_others(course: Course, _view: View) -> Iterator[Sign]:
    """Told to buy without a push of one's own; bought on impulse without a second look; nobody who loses afterwards."""
    trigger = getattr(course.stream.terms, "trigger", None)
    begun = course.triggered
    evidence = (begun.fact.event_id,)
    if trigger == "mandated" and not course.pushed:
        yield Sign(name="mandated_without_struggle", since=begun.at, evidence=evidence)
    if trigger == "impulse" and not course.valued:
        yield Sign(name="impulse_unexamined", since=begun.at, evidence=evidence)
    if course.theirs == "buyer" and not course.owned:
        yield Sign(name="no_owner_of_outcome", since=course.first.at, evidence=(course.first.fact.event_id,))


def closed_unexplained(course: Course, _view: View) -> Iterator[Sign]:
    """Nobody who decided has said why, 14 days after the close; until somebody does."""
    closed = course.closed
    if closed is not None and not course.explained:
        since = closed.at + EXPLAINED_WITHIN
        yield Sign(name="closed_unexplained", since=since, evidence=(closed.fact.event_id,))


def gone_quiet(course: Course, _view: View) -> Iterator[Sign]:
    """Won, and for 60 days no use, contact, renewal, return or referral."""
    closed, last = course.closed, course.last_life
    if closed is None or last is None or closed.fact.data.outcome != "won":
        return
    evidence = tuple(dict.fromkeys((closed.fact.event_id, last.fact.event_id)))
    yield Sign(name="gone_quiet", since=max(closed.at, last.at) + GONE_QUIET_AFTER, evidence=evidence)


def inaction_risk(course: Course, _view: View) -> Iterator[Sign]:
    """A goal without a way to it, or without a figure that would show it."""
    missing: list[Missing] = []
    if course.theirs != "self":
        return
    running = any(thing.kind == "routine" for thing in course.stream.open_things())
    if not course.mapped and not running:
        missing.append("process")
    if not course.defined:
        missing.append("product")
    if missing:
        yield Sign(
            name="inaction_risk",
            since=course.first.at,
            evidence=(course.first.fact.event_id,),
            missing=tuple(missing),
        )
