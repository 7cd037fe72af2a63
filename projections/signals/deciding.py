"""Signals on the way to a decision and after it: a yes too early, no next step, nobody's struggle, nobody's reasons."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from projections.figures import median
from projections.signals.course import Course, Early
from projections.signals.sign import EVIDENCE_MAX, Sign, SignalName, longer_than
from projections.view import View


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


def stalled(course: Course, view: View) -> Iterator[Sign]:
    """Longer in one stage than 14 days and than twice the median of the stages that this deal has finished."""
    if course.stage is not None:
        usual = median(course.stages) or timedelta(0)
        longest = max(timedelta(days=view.policy.stalled_days_min), view.policy.stalled_medians * usual)
        since = longer_than(course.stage.at, longest)
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


def closed_unexplained(course: Course, view: View) -> Iterator[Sign]:
    """Nobody who decided has said why, 14 days after the close; until somebody does."""
    closed = course.closed
    if closed is not None and not course.explained:
        since = closed.at + timedelta(days=view.policy.explain_days)
        yield Sign(name="closed_unexplained", since=since, evidence=(closed.fact.event_id,))


def gone_quiet(course: Course, view: View) -> Iterator[Sign]:
    """Won, and for 60 days no use, contact, renewal, return or referral."""
    closed, last = course.closed, course.last_life
    if closed is None or last is None or closed.fact.data.outcome != "won":
        return
    evidence = tuple(dict.fromkeys((closed.fact.event_id, last.fact.event_id)))
    since = max(closed.at, last.at) + timedelta(days=view.policy.gone_quiet_days)
    yield Sign(name="gone_quiet", since=since, evidence=evidence)
