"""Signals that rest on trust: agreement that was claimed and not earned, a goal that its owner does not trust to reach.

Both may come and go as evidence fades, so that they end, or begin, at a moment that is reckoned here.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from msgspec import structs

from domain.fields import Dimension
from projections.signals.course import Course
from projections.signals.sign import EVIDENCE_MAX, Missing, Sign
from projections.trust.evidence import Evidence, gather, microseconds
from projections.trust.opinion import Label, Opinion, fades_of, mass
from projections.trust.policy import Policy
from projections.trust.turning import state, turns_at
from projections.view import View

# Moments that are looked at one after the other; a signal that stays through so many changes is looked at again then.
TURNS_MAX = 32
# Each reads the facts again, because a routine's period has ended.
READINGS_MAX = 3
UNSURE: frozenset[Label] = frozenset({"unknown", "distrusted"})


def claimed_not_earned(course: Course, view: View) -> Iterator[Sign]:
    """Agreement on who somebody is, on the seller's side's word alone, while little is known of what that is worth."""
    claims = course.claims
    if course.theirs != "buyer" or not claims or claims[-1].fact.data.aligned == "no":
        return
    if any(claim.fact.attestation != "self" for claim in claims):
        return
    unearned = structs.replace(view.policy, unknown_below=view.policy.earned_certainty)
    holds, turns = _watched(view, unearned, "seller", lambda label: label == "unknown")
    since = next(claim for claim in claims if claim.fact.data.aligned != "no").at
    evidence = tuple(claim.fact.event_id for claim in claims)[-EVIDENCE_MAX:]
    if holds:
        yield Sign(name="claimed_not_earned", since=since, until=turns, evidence=evidence)
    elif turns is not None:
        yield Sign(name="claimed_not_earned", since=turns, evidence=evidence)


def inaction_risk(course: Course, view: View) -> Iterator[Sign]:
    """A goal without trust in oneself, without a way to it, or without a figure that would show it."""
    if course.theirs != "self":
        return
    running = any(thing.kind == "routine" for thing in course.stream.open_things())
    lacking: list[Missing] = []
    if not course.mapped and not running:
        lacking.append("process")
    if not course.defined:
        lacking.append("product")
    unsure, turns = _watched(view, view.policy, "self", lambda label: label in UNSURE)
    first = course.first
    for since, until, is_unsure in ((first.at, turns, unsure), (turns, None, not unsure)):
        missing: tuple[Missing, ...] = ("self", *lacking) if is_unsure else tuple(lacking)
        if missing and since is not None:
            evidence = (first.fact.event_id,)
            yield Sign(name="inaction_risk", since=since, until=until, evidence=evidence, missing=missing)


def _watched(
    view: View, policy: Policy, dimension: Dimension, holds: Callable[[Label], bool]
) -> tuple[bool, datetime | None]:
    """Whether something holds of a dimension's label now, and the next moment (UTC) at which time alone changes that.

    Where that is further away than is looked, the moment to look again, at which nothing may have changed.
    """
    at, readings = view.at, 1
    evidence = _evidence(view, policy, dimension, at)
    found = mass(evidence.rows, fades_of(evidence, dimension), microseconds(at))
    opinion = Opinion(found.r, found.s, policy, dimension)
    now = holds(opinion.label())
    for _ in range(TURNS_MAX):
        turn = turns_at(evidence, {dimension: found}, state({dimension: opinion}), at)
        if turn is None:
            return now, None
        at = max(turn, at + timedelta.resolution)
        if evidence.good_until is not None and at >= evidence.good_until:
            if readings == READINGS_MAX:
                return now, at
            evidence, readings = _evidence(view, policy, dimension, at), readings + 1
        found = mass(evidence.rows, fades_of(evidence, dimension), microseconds(at))
        opinion = Opinion(found.r, found.s, policy, dimension)
        if holds(opinion.label()) != now:
            return now, at
    return now, at


def _evidence(view: View, policy: Policy, dimension: Dimension, at: datetime) -> Evidence:
    """What there is on one dimension, whatever happens to the others."""
    known = policy is view.policy and at == view.at
    evidence = view.evidence if known else gather(view.stream, policy, at)
    return structs.replace(evidence, rows=tuple(one for one in evidence.rows if one.row.dimension == dimension))
