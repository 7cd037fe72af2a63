"""The policies that trust and signals are reckoned under: published, versioned, never changed once published.

Every weight, half-life and threshold stands here and nowhere else. A weight is an opinion: publish another version
rather than change one, so that an answer given under the old version can be given again.
"""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from types import MappingProxyType

import msgspec
from msgspec import Struct

from domain.facts import StreamKind
from domain.fields import Dimension


class Sizes(Struct, frozen=True, kw_only=True):
    """What a stake, a severity or a size multiplies evidence by. `small` is also said of a minor objection and `large`
    of a blocking one."""

    small: Decimal
    normal: Decimal
    large: Decimal


class Attestations(Struct, frozen=True, kw_only=True):
    """What evidence for is multiplied by, according to who vouches for it."""

    self: Decimal
    counterparty: Decimal
    system: Decimal


class Legs(Struct, frozen=True, kw_only=True):
    """One number for each dimension."""

    seller: Decimal
    product: Decimal
    process: Decimal
    self: Decimal

    def of(self, dimension: Dimension) -> Decimal:
        return Decimal(getattr(self, dimension))


class HalfLives(Struct, frozen=True, kw_only=True):
    """How many days evidence takes to lose half its weight, on a deal and on a goal."""

    deal: Legs
    goal: Legs

    def of(self, kind: StreamKind) -> Legs:
        """Those of a kind of stream; the workspace's own stream has no trust and reads as a deal."""
        return self.goal if kind == "goal" else self.deal


class Weight(Struct, frozen=True, kw_only=True):
    """Evidence that one case of a rule gives: `weight_for` and `weight_against`, of at most three places.

    `scaled_by` names the multiplier beside it: the stake of a promise, the severity of an objection, the size of a
    routine, or none. `attested` is false where it does not matter who vouches. Rules with the same `family` are about
    one point when one follows from the other (`causation_id`); null: about things that each count by themselves.
    """

    rule: str
    case: str
    weight_for: Decimal = Decimal(0)
    weight_against: Decimal = Decimal(0)
    scaled_by: str | None = None
    attested: bool = True
    family: str | None = None


class Policy(Struct, frozen=True, kw_only=True, cache_hash=True):
    """One published set of rules.

    Trust: `prior_weight` (W) and `base_rate` (a) make the prior; `half_life_days` is how long evidence takes to lose
    half its weight, by kind of stream, and `party_half_life_days` when it is added up over streams;
    `against_multiplier` multiplies all evidence against; `cap_per_day` bounds the evidence for that one party vouches
    for on one UTC day, per dimension. `interval` is the probability inside [low, high]. A leg whose certainty is below
    `unknown_below` is unknown, one whose interval lies on one side of `even` is trusted or distrusted.
    `acknowledge_days` is how long an objection may wait to be heard.

    Signals: `silence_days` without the buyer count as silence (and as long unanswered); `chasing_contacts` in a row
    without an answer as chasing; `effort_contacts` without an insight as effort without learning;
    `coverage_for_a_yes` is the share of topics known before a promise is not premature; `unasked_features` within
    `price_pressure_days` before a price negotiation as pressure on oneself; a stage is stalled after
    `stalled_days_min` days and `stalled_medians` times the median of the finished ones; `ask_share_max` of at least
    `ask_contacts_min` contacts in `ask_days` days may ask for something; a close is to be explained within
    `explain_days`; a customer without a sign for `gone_quiet_days` has gone quiet; alignment claimed where certainty
    is below `earned_certainty` is not earned.
    """

    name: str
    version: int
    prior_weight: Decimal
    base_rate: Legs
    half_life_days: HalfLives
    party_half_life_days: Decimal
    against_multiplier: Decimal
    cap_per_day: Decimal
    interval: Decimal
    unknown_below: Decimal
    even: Decimal
    acknowledge_days: int
    attestation: Attestations
    sizes: Sizes
    weights: tuple[Weight, ...]
    silence_days: int
    chasing_contacts: int
    effort_contacts: int
    coverage_for_a_yes: Decimal
    price_pressure_days: int
    unasked_features: int
    stalled_days_min: int
    stalled_medians: int
    ask_share_max: Decimal
    ask_days: int
    ask_contacts_min: int
    explain_days: int
    gone_quiet_days: int
    earned_certainty: Decimal

    @property
    def key(self) -> str:
        """How a question names it, such as `trust/1`."""
        return f"{self.name}/{self.version}"

    @property
    def document(self) -> bytes:
        """The policy as it is published: canonical JSON (sorted keys, no spaces, decimals as strings)."""
        return _encode(self)

    @property
    def digest(self) -> str:
        """SHA-256 of `document`, in hexadecimal."""
        return sha256(self.document).hexdigest()


_encode = msgspec.json.Encoder(order="sorted", decimal_format="string").encode


def _legs(number: str) -> Legs:
    one = Decimal(number)
    return Legs(seller=one, product=one, process=one, self=one)


def _weight(
    rule: str, case: str, weights: str, by: str | None = None, family: str | None = None, *, attested: bool = True
) -> Weight:
    """`weights` as written in the table below: evidence for, a stroke, evidence against."""
    weight_for, _, weight_against = weights.partition("/")
    return Weight(
        rule=rule,
        case=case,
        weight_for=Decimal(weight_for),
        weight_against=Decimal(weight_against),
        scaled_by=by,
        attested=attested,
        family=family,
    )


# A case of 0/0 gives no row: it is listed because it is a decision that something costs nothing.
_WEIGHTS_1 = (
    _weight("T1", "kept", "1/0", "stake"),
    _weight("T2", "kept_late", "0.5/0.5", "stake"),
    _weight("T3", "broken", "0/1", "stake"),
    _weight("T4", "overdue", "0/1", "stake"),
    _weight("T5", "cancelled", "0/0.5", "stake"),
    _weight("T6", "let_go_or_changed_in_time", "0/0", "stake"),
    _weight("T7", "changed_late", "0/0.5", "stake"),
    _weight("T8", "disputed", "0/0", "stake"),
    _weight("T9", "confirmed", "1/0", "severity", "answers"),
    _weight("T10", "resolved", "0.5/0", "severity", "answers"),
    _weight("T11", "unheard", "0/0.5", "severity"),
    _weight("T12", "dismissed", "0/1", "severity", "answers"),
    _weight("T13", "reopened", "0/0", "severity"),
    _weight("T14", "accepted", "0.5/0", None, "answers"),
    _weight("T15", "useful", "0.5/0", None, "giving"),
    _weight("T15", "given", "0.25/0", None, "giving"),
    _weight("T16", "recommended", "1/0", None, "giving"),
    _weight("T17", "pressed", "0/1", None, "pressing"),
    _weight("T18", "unasked", "0/0.25", None, "pressing"),
    _weight("T19", "yes", "1/0", None, "answers"),
    _weight("T19", "partial", "0.5/0.5", None, "answers"),
    _weight("T19", "no", "0/1", None, "answers"),
    _weight("T19", "disclosed", "0.5/0", None, "answers"),
    _weight("T20", "yes", "0.5/0", None, "answers"),
    _weight("T20", "partly", "0.25/0.25", None, "answers"),
    _weight("T20", "no", "0/0.5", None, "answers"),
    _weight("T21", "reached", "0.5/0"),
    _weight("T21", "reached_late", "0.25/0.25"),
    _weight("T21", "overdue", "0/0.5"),
    _weight("T22", "achieved", "2/0", None, "results"),
    _weight("T22", "missed", "0/2", None, "results"),
    _weight("T23", "renewed", "1/0", None, "results"),
    _weight("T23", "churned", "0/1", None, "results"),
    _weight("T24", "referred", "1/0", None, "results"),
    _weight("T25", "done", "1/0", "size", attested=False),
    _weight("T25", "partial", "0.5/0.5", "size", attested=False),
    _weight("T25", "missed", "0/1", "size", attested=False),
    _weight("T26", "said", "0/0"),
)

TRUST_1 = Policy(
    name="trust",
    version=1,
    prior_weight=Decimal(2),
    base_rate=_legs("0.5"),
    half_life_days=HalfLives(deal=_legs("90"), goal=_legs("30")),
    party_half_life_days=Decimal(90),
    against_multiplier=Decimal(1),
    cap_per_day=Decimal(2),
    interval=Decimal("0.9"),
    unknown_below=Decimal("0.2"),
    even=Decimal("0.5"),
    acknowledge_days=7,
    attestation=Attestations(self=Decimal("0.5"), counterparty=Decimal(1), system=Decimal(1)),
    sizes=Sizes(small=Decimal("0.5"), normal=Decimal(1), large=Decimal(2)),
    weights=_WEIGHTS_1,
    silence_days=7,
    chasing_contacts=3,
    effort_contacts=5,
    coverage_for_a_yes=Decimal("0.6"),
    price_pressure_days=14,
    unasked_features=2,
    stalled_days_min=14,
    stalled_medians=2,
    ask_share_max=Decimal("0.5"),
    ask_days=90,
    ask_contacts_min=4,
    explain_days=14,
    gone_quiet_days=60,
    earned_certainty=Decimal("0.2"),
)

DEFAULT = TRUST_1
BUILT_IN: Mapping[str, Policy] = MappingProxyType({policy.key: policy for policy in (TRUST_1,)})
