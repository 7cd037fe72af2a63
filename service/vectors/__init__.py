"""Published vectors: facts or rows, a policy, a moment, and the answer. Data, for whoever reckons offline."""

from importlib.resources import files
from typing import Any

from msgspec import Struct

from domain.events import RecordedEvent
from domain.fields import Instant
from projections.proof_loop import ProofLoop
from projections.trust.score import Trust

FORMAT = "throughline-vectors/1"
NAMES = ("trust", "proof-loop")


class Under(Struct, frozen=True):
    """A policy by key, and the SHA-256 of its document (hexadecimal)."""

    policy: str
    sha256: str


class Factor(Struct, frozen=True):
    """What fading leaves of evidence at an age, to twelve places."""

    age_seconds: int
    half_life_days: int
    factor: float


class Row(Struct, frozen=True):
    """A row of evidence as an answer about trust has it, as far as an opinion depends on it."""

    weight_for: float
    weight_against: float
    counted_for: float
    counted_against: float
    starts_at: Instant
    ages_from: Instant | None


class Numbers(Struct, frozen=True):
    """An opinion: evidence, score, uncertainty and deviation to six places, the bounds to four."""

    evidence_for: float
    evidence_against: float
    score: float
    uncertainty: float
    sd: float
    low: float
    high: float


class OpinionVector(Struct, frozen=True):
    """The rows of one dimension, what they are weighed with, and the opinion that they make `at` a moment."""

    name: str
    about: str
    at: Instant
    half_life_days: float
    base_rate: float
    prior_weight: float
    rows: list[Row]
    expected: Numbers


class TrustVector(Struct, frozen=True):
    """The facts of a stream, as its events are answered, and trust as it is answered `as_of` a moment."""

    name: str
    about: str
    at: Instant
    events: list[RecordedEvent]
    expected: Trust


class ProofLoopVector(Struct, frozen=True):
    """The facts of a goal, as its events are answered, and its proof loop as it is answered `as_of` a moment."""

    name: str
    about: str
    at: Instant
    events: list[RecordedEvent]
    expected: ProofLoop


class TrustVectors(Struct, frozen=True):
    """From an age to a factor, from rows to an opinion, from facts to trust."""

    format: str
    policy: Under
    factors: list[Factor]
    opinions: list[OpinionVector]
    streams: list[TrustVector]


class ProofLoopVectors(Struct, frozen=True):
    """From facts to a proof loop."""

    format: str
    policy: Under
    streams: list[ProofLoopVector]


SHAPES: dict[str, Any] = {"trust": TrustVectors, "proof-loop": ProofLoopVectors}


def published(name: str) -> bytes:
    """The vectors of that name, as they are published."""
    return files("service.vectors").joinpath(f"{name}.json").read_bytes()
