"""What lists show and sort by that time changes as well as facts: trust in one line, signals. Made once, asked often.

A summary is made of the facts at one moment and answers for every later one before `good_until`, so that neither a list
nor its order needs the facts again.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

from domain.facts import StreamKind
from domain.fields import Dimension, Instant
from projections.signals import SignalName, signs
from projections.trust.evidence import microseconds
from projections.trust.fading import fading
from projections.trust.opinion import UNIT, Mass, Opinion, mass
from projections.trust.policy import DEFAULT, Policy
from projections.trust.rows import DIMENSIONS
from projections.trust.score import Headline, fraction
from projections.trust.turning import weakest_of
from projections.view import View

DAY_S = 86_400
# Of the rules that kept summaries are made under: another edition makes them all anew.
EDITION = f"2 {DEFAULT.digest}"


class Evidence(Struct, frozen=True, array_like=True):
    """One row of evidence: weights in units of 1e-15, times in microseconds since 1970. `ages_from` None: open."""

    weight_for: int
    weight_against: int
    starts_at: int
    ages_from: int | None


class Span(Struct, frozen=True, array_like=True):
    """A signal that is on from `since` until before `until` (None: for good), both UTC."""

    name: SignalName
    since: datetime
    until: datetime | None


class Leg(Struct, frozen=True):
    """One dimension at the moment a summary was made for, as numbers to sort by; `half_life_s` in seconds.

    What ages shrinks by 2^(-dt / half_life_s) in dt seconds, what lasts does not: evidence that is open, and the prior.
    The score is what is for, of all there is.
    """

    half_life_s: float
    aging_for: float
    aging_against: float
    lasting_for: float
    lasting_against: float


class Outlook(Struct, frozen=True, kw_only=True):
    """How a stream looks at the moment: trust in its weakest dimension, and the names of the signals that are on.

    `changes_at` (UTC) is the next instant at which a signal comes or goes or evidence starts to count by time alone,
    null when none will; trust fades all the while.
    """

    trust: Headline
    signals: list[SignalName]
    changes_at: Instant | None


class Summary(Struct, frozen=True, kw_only=True):
    """One stream in short. `good_until` (UTC): from then on it is to be made anew, though no fact arrived.

    `evidence` holds the rows of every dimension that counts on the stream, `spans` every signal that the facts make
    now or by time alone later.
    """

    kind: StreamKind
    evidence: dict[Dimension, list[Evidence]]
    spans: list[Span]
    good_until: datetime | None

    def outlook(self, at: datetime, policy: Policy = DEFAULT) -> Outlook:
        """How the stream looks at a moment that the summary is good for; `policy` is the one it was made under."""
        turns = [] if self.good_until is None else [self.good_until]
        turns += [turn for one in self.spans for turn in (one.since, one.until) if turn is not None and turn > at]
        return Outlook(trust=self.headline(at, policy), signals=self.signals(at), changes_at=min(turns, default=None))

    def headline(self, at: datetime, policy: Policy = DEFAULT) -> Headline:
        """Trust in one line: digit for digit what the resource answers."""
        opinions = {
            dimension: Opinion(found.r, found.s, policy, dimension)
            for dimension, found in self._masses(at, policy).items()
        }
        weakest = weakest_of(opinions)
        opinion = opinions[weakest]
        return Headline(
            weakest_dimension=weakest,
            score=fraction(opinion.score),
            uncertainty=fraction(opinion.uncertainty),
            label=opinion.label(),
        )

    def signals(self, at: datetime) -> list[SignalName]:
        """The names of the signals that are on."""
        names = (one.name for one in self.spans if one.since <= at and (one.until is None or at < one.until))
        return list(dict.fromkeys(names))

    def legs(self, at: datetime, policy: Policy = DEFAULT) -> list[Leg]:
        """The dimensions as numbers to sort by."""
        half_lives = policy.half_life_days.of(self.kind)
        return [
            Leg(
                half_life_s=float(half_lives.of(dimension)) * DAY_S,
                aging_for=found.for_aging / UNIT,
                aging_against=found.against_aging / UNIT,
                lasting_for=found.for_open / UNIT + float(policy.prior_weight * policy.base_rate.of(dimension)),
                lasting_against=found.against_open / UNIT
                + float(policy.prior_weight * (1 - policy.base_rate.of(dimension))),
            )
            for dimension, found in self._masses(at, policy).items()
        ]

    def _masses(self, at: datetime, policy: Policy) -> Mapping[Dimension, Mass]:
        moment = microseconds(at)
        half_lives = policy.half_life_days.of(self.kind)
        return {
            dimension: mass(
                [(None, one.weight_for, one.weight_against, 0, one.starts_at, one.ages_from) for one in rows],
                fading(half_lives.of(dimension)),
                moment,
            )
            for dimension, rows in self.evidence.items()
        }


def summary(view: View) -> Summary:
    """The summary of a stream, in one pass over its facts for trust and one for signals."""
    stream, at = view.stream, view.at
    gathered = view.evidence
    moment = microseconds(at)
    evidence: dict[Dimension, list[Evidence]] = {dimension: [] for dimension in DIMENSIONS}
    turns = [] if gathered.good_until is None else [gathered.good_until]
    for one in gathered.rows:
        row = one.row
        evidence[row.dimension].append(Evidence(one.weight_for, one.weight_against, one.starts_at, one.ages_from))
        if one.starts_at > moment:
            turns.append(row.starts_at)
        if one.ages_from is not None and one.ages_from > moment and row.ages_from is not None:
            turns.append(row.ages_from)
    if stream.kind == "goal" and not evidence["seller"]:
        del evidence["seller"]
    return Summary(
        kind=stream.kind,
        evidence=evidence,
        spans=[Span(sign.name, sign.since, sign.until) for sign in signs(view)],
        good_until=min(turns, default=None),
    )
