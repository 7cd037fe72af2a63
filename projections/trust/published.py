"""Reading a policy that somebody published: its canonical document, whole and within what can be reckoned exactly.

A document is as exact as a fact: what is missing, not known here or out of range is told, never filled in.
"""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from domain.facts import StreamKind
from projections.trust.policy import TRUST_1, Policy
from projections.trust.rows import DIMENSIONS

NAME_CHARS_MAX = 20
VERSION_MAX = 10**6
# The published ones have 6,000 characters; more is no list of these weights.
DOCUMENT_BYTES_MAX = 64_000
# Ten years: a table of how evidence fades has one number for every 4,096 seconds of it.
HALF_LIFE_DAYS_MAX = 3_650
# Weights are counted in thousandths, and nobody's promise is worth a thousand others.
NUMBER_MAX = 1_000
DECIMAL_PLACES_MAX = 3
DAYS_MAX = 3_650
COUNT_MAX = 1_000
KINDS: tuple[StreamKind, ...] = ("deal", "goal")

_read = msgspec.json.Decoder(Policy, strict=True).decode
_SCALES = (None, "stake", "severity", "size")
_DAYS = (
    "acknowledge_days",
    "silence_days",
    "price_pressure_days",
    "stalled_days_min",
    "ask_days",
    "explain_days",
    "gone_quiet_days",
)
_COUNTS = ("chasing_contacts", "effort_contacts", "unasked_features", "stalled_medians", "ask_contacts_min")


class NotAPolicy(ValueError):
    """The document cannot be reckoned under; its text says why, as the end of a sentence."""


def read_policy(document: bytes) -> Policy:
    """The policy that is published as `document`; raises `NotAPolicy`. One line break at its end does not matter."""
    if len(document) > DOCUMENT_BYTES_MAX:
        raise NotAPolicy(f"has more than {DOCUMENT_BYTES_MAX} bytes")
    try:
        policy = _read(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as broken:
        raise NotAPolicy(f"is no policy document: {broken}") from None
    for fault in _faults(policy):
        raise NotAPolicy(fault)
    if document.removesuffix(b"\n") != policy.document:
        raise NotAPolicy(
            "is not in canonical form, which has exactly the members of a policy, sorted, no spaces, and decimals as "
            "strings"
        )
    return policy


def _faults(policy: Policy) -> Iterator[str]:
    if not (policy.name.isascii() and policy.name.isidentifier() and policy.name == policy.name.lower()):
        yield "has a `name` that is not made of lower-case letters, digits and underscores"
    if len(policy.name) > NAME_CHARS_MAX:
        yield f"has a `name` of more than {NAME_CHARS_MAX} characters"
    if not 1 <= policy.version <= VERSION_MAX:
        yield f"has a `version` that is not between 1 and {VERSION_MAX}"
    yield from _cases(policy)
    yield from _numbers(policy)


def _cases(policy: Policy) -> Iterator[str]:
    cases, known = ([(one.rule, one.case) for one in which.weights] for which in (policy, TRUST_1))
    if sorted(cases) != sorted(known):
        odd = sorted(set(cases) ^ set(known)) or sorted({one for one in cases if cases.count(one) > 1})
        yield f"does not weigh every case of every rule exactly once: {' '.join(odd[0])}"
    for one in policy.weights:
        where = f"`weights` of {one.rule} {one.case}"
        if one.scaled_by not in _SCALES:
            yield f"has {where} scaled by something else than stake, severity or size"
        yield from _between(f"{where}, for", one.weight_for)
        yield from _between(f"{where}, against", one.weight_against)


def _numbers(policy: Policy) -> Iterator[str]:
    yield from _between("prior_weight", policy.prior_weight, more_than=0)
    for leg in DIMENSIONS:
        yield from _between(f"base_rate.{leg}", policy.base_rate.of(leg), 1)
        for kind in KINDS:
            life = policy.half_life_days.of(kind).of(leg)
            yield from _half_life(f"half_life_days.{kind}.{leg}", life)
    yield from _half_life("party_half_life_days", policy.party_half_life_days)
    for name in ("against_multiplier", "cap_per_day"):
        yield from _between(name, getattr(policy, name), more_than=0)
    for name in ("interval", "even"):
        yield from _between(name, getattr(policy, name), less_than=1, more_than=0)
    for name in ("unknown_below", "coverage_for_a_yes", "ask_share_max", "earned_certainty"):
        yield from _between(name, getattr(policy, name), 1)
    for group in ("attestation", "sizes"):
        numbers = getattr(policy, group)
        for member in numbers.__struct_fields__:
            yield from _between(f"{group}.{member}", getattr(numbers, member))
    for names, most in ((_DAYS, DAYS_MAX), (_COUNTS, COUNT_MAX)):
        for name in names:
            if not 1 <= getattr(policy, name) <= most:
                yield f"has a `{name}` that is not between 1 and {most}"


def _half_life(name: str, days: Decimal) -> Iterator[str]:
    yield from _between(name, days, HALF_LIFE_DAYS_MAX, more_than=0)
    if days.is_finite() and int(days.as_tuple().exponent) < -2:
        yield f"has a `{name}` that is no whole number of seconds: two places are"


def _between(
    name: str, number: Decimal, most: int = NUMBER_MAX, *, more_than: int = -1, less_than: int | None = None
) -> Iterator[str]:
    """A number from 0 on (or above `more_than`), up to `most` (or below `less_than`), of at most three places."""
    if not number.is_finite() or -int(number.as_tuple().exponent) > DECIMAL_PLACES_MAX:
        yield f"has a `{name}` that is no decimal of at most {DECIMAL_PLACES_MAX} places"
    elif not max(more_than, -1) < number <= most or number < 0 or (less_than is not None and number >= less_than):
        low = "0" if more_than < 0 else f"more than {more_than}"
        high = f"to {most}" if less_than is None else f"to less than {less_than}"
        yield f"has a `{name}` that is not from {low} {high}"
