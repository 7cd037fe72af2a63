"""The published vectors: what the projections answer to them, and others who reckon from the same numbers alone."""

import json
import shutil
import subprocess
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any
from uuid import UUID

import msgspec
import pytest

from domain.events import CATALOGUE, RecordedEvent
from domain.facts import Fact, Recorded
from domain.history import effective
from domain.stream import fold
from projections.proof_loop import ProofLoop, proof_loop
from projections.trust.fading import ONE, fading
from projections.trust.policy import TRUST_1
from projections.trust.rows import Row
from projections.trust.score import Trust, trust, trust_of
from projections.view import View
from service.vectors import FORMAT, NAMES, SHAPES, OpinionVector, ProofLoopVectors, TrustVectors, Under, published
from tests.projections.evidence import leg, policy, uncapped
from tests.running import ROOT
from tests.vectors import path_of, texts

TRUST: TrustVectors = msgspec.json.decode(published("trust"), type=TrustVectors)
LOOPS: ProofLoopVectors = msgspec.json.decode(published("proof-loop"), type=ProofLoopVectors)


def view_of(vector: Any) -> View:
    """What somebody folds who has nothing but the vector."""
    records = []
    for event in vector.events:
        told = msgspec.to_builtins(event)
        data = CATALOGUE[told["type"]].cls
        said = {name: told[name] for name in told.keys() - {"position", "recorded_at", "erased"}}
        fact = msgspec.convert({**said, "data": msgspec.convert(said["data"], data)}, Fact)
        records.append(Recorded(fact, event.position, event.recorded_at))
    held = effective(records, vector.at)
    return View(fold(vector.events[0].stream_id, [record.fact for record in held]), vector.at)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_whole_and_say_what_they_are_under(name: str) -> None:
    found = msgspec.json.decode(published(name), type=SHAPES[name], strict=True)
    assert (found.format, found.policy) == (FORMAT, Under(TRUST_1.key, TRUST_1.digest))
    names = [one.name for one in found.streams]
    assert len(set(names)) == len(names) > 5


@pytest.mark.parametrize("name", NAMES)
def test_the_stories_are_still_told_and_answered_like_that(name: str) -> None:
    assert texts()[name] == path_of(name).read_bytes(), "run `python -m tests.vectors`"


@pytest.mark.parametrize("vector", TRUST.opinions, ids=lambda one: one.name)
def test_opinions(vector: OpinionVector) -> None:
    rows = [
        Row(UUID(int=nth), "T0", "said", "seller", *_thousandths(one), one.starts_at, one.ages_from)
        for nth, one in enumerate(vector.rows)
    ]
    under = policy(half_life=f"{vector.half_life_days:g}", base_rate=f"{vector.base_rate:g}")
    found = leg(trust_of(uncapped(rows, under), vector.at))
    for name in vector.expected.__struct_fields__:
        assert getattr(found, name) == getattr(vector.expected, name), name


@pytest.mark.parametrize("vector", TRUST.factors, ids=lambda one: f"{one.age_seconds} s of {one.half_life_days} days")
def test_factors(vector: Any) -> None:
    assert fading(Decimal(vector.half_life_days)).factor(vector.age_seconds) / ONE == vector.factor


@pytest.mark.parametrize("vector", TRUST.streams, ids=lambda one: one.name)
def test_trust_from_facts(vector: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(trust(view_of(vector))), type=Trust) == vector.expected


@pytest.mark.parametrize("vector", LOOPS.streams, ids=lambda one: one.name)
def test_the_proof_loop_from_facts(vector: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(proof_loop(view_of(vector))), type=ProofLoop) == vector.expected


def test_what_is_told_in_facts_gives_the_digits_that_the_rows_give() -> None:
    """The opinions' numbers were published before any of this code; those told as facts come to the same."""
    opinions = {one.name: one.expected for one in TRUST.opinions}
    both = [one for one in TRUST.streams if one.name in opinions]
    assert len(both) >= 12
    for vector in both:
        found = leg(vector.expected, "self" if vector.name.startswith("V16") else "seller")
        for name in opinions[vector.name].__struct_fields__:
            assert getattr(found, name) == getattr(opinions[vector.name], name), (vector.name, name)


# -- others, who share no line with the projections


def exact(rows: list[Any], at: Any, half_life_days: float, base_rate: float, prior_weight: float) -> dict[str, Decimal]:
    """The opinion in decimals: Beta evidence with a half-life, as docs/trust.md writes it down."""
    r = s = Fraction(0)
    for row in rows:
        if row.starts_at > at:
            continue
        factor = Fraction(1)
        if row.ages_from is not None and at > row.ages_from:
            age = (at - row.ages_from) // timedelta(seconds=1)
            with localcontext() as context:
                context.prec = 50
                power = (-Decimal(age) * Decimal(2).ln() / (Decimal(str(half_life_days)) * 86_400)).exp()
                factor = Fraction(power.quantize(Decimal("1e-12"), ROUND_HALF_EVEN))
        weights = [
            Fraction(str(weight)) * Fraction(str(counted))
            for weight, counted in (
                (row.weight_for, row.counted_for),
                (row.weight_against, row.counted_against),
            )
        ]
        r, s = r + weights[0] * factor, s + weights[1] * factor
    w, a = Fraction(str(prior_weight)), Fraction(str(base_rate))
    n = r + s + w
    score = (r + a * w) / n
    with localcontext() as context:
        context.prec = 50
        square = score * (1 - score) / (n + 1)
        sd = (Decimal(square.numerator) / square.denominator).sqrt()
        found = {"evidence_for": r, "evidence_against": s, "score": score, "uncertainty": w / n}
        plain = {name: Decimal(one.numerator) / one.denominator for name, one in found.items()} | {"sd": sd}
        return {name: one.quantize(Decimal("1e-6"), ROUND_HALF_EVEN) for name, one in plain.items()}


@pytest.mark.parametrize("vector", TRUST.opinions, ids=lambda one: one.name)
def test_opinions_reckoned_otherwise(vector: OpinionVector) -> None:
    found = exact(vector.rows, vector.at, vector.half_life_days, vector.base_rate, vector.prior_weight)
    assert {name: float(one) for name, one in found.items()} == {name: getattr(vector.expected, name) for name in found}


@pytest.mark.parametrize("vector", TRUST.streams, ids=lambda one: one.name)
def test_each_dimension_reckoned_otherwise_from_its_rows(vector: Any) -> None:
    for one in vector.expected.dimensions:
        found = exact(one.rows, vector.at, one.half_life_days, one.base_rate, one.prior_weight)
        assert {name: float(number) for name, number in found.items()} == {name: getattr(one, name) for name in found}


def test_daily_routines_reckoned_otherwise() -> None:
    """Runs, shares and strength of a routine of once a day, from the letters of its days."""
    for vector in LOOPS.streams:
        if not vector.name.startswith("V16 day"):
            continue
        told = [one for one in vector.events if one.__struct_config__.tag == "checkin.recorded"]
        counted = [one.data.status for one in told if one.occurred_at <= vector.at and one.data.status != "skipped"]
        text = "".join("d" if one == "done" else "m" for one in counted)
        strength, multiplier = Decimal(0), Decimal(2) ** (Decimal(-1) / 13)
        for one in counted:
            strength = strength * multiplier + (1 - multiplier) * (one == "done")
        (found,) = vector.expected.routines
        assert (found.streak, found.longest) == (len(text) - len(text.rstrip("d")), max(map(len, text.split("m"))))
        assert found.completion == round(text.count("d") / len(text), 6)
        assert found.strength == float(round(strength, 6))


PROGRAM = """
import { readFileSync } from "node:fs";
import { factor, opinion } from "ROOT/examples/opinion.mjs";
const { factors, opinions, streams } = JSON.parse(readFileSync("ROOT/service/vectors/trust.json", "utf8"));
const NUMBERS = "evidence_for evidence_against score belief disbelief uncertainty certainty sd low high".split(" ");
const wrong = [];
const compare = (name, found, expected, numbers) => {
  for (const number of numbers) {
    const within = number === "low" || number === "high" ? 5.1e-5 : 5.1e-7;
    const off = Math.abs(found[number] - expected[number]);
    if (!(off <= within)) wrong.push([name, number, found[number], expected[number]]);
  }
};
for (const one of factors)
  if (Math.abs(factor(one.age_seconds, one.half_life_days) - one.factor) > 1.1e-12) wrong.push(one);
for (const one of opinions) compare(one.name, opinion(one.rows, one.at, one), one.expected, Object.keys(one.expected));
for (const { name, at, expected } of streams) for (const leg of expected.dimensions) {
  const found = opinion(leg.rows, at, leg);
  compare(`${name}, ${leg.dimension}`, found, leg, NUMBERS);
  if (found.label !== leg.label) wrong.push([name, leg.dimension, found.label, leg.label]);
}
console.log(JSON.stringify({ wrong, checked: [factors.length, opinions.length, streams.length] }));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on PATH")
def test_a_browser_comes_to_the_same_in_doubles() -> None:
    program = PROGRAM.replace("ROOT", str(ROOT))
    done = subprocess.run(
        ["node", "--input-type=module"], input=program, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found["wrong"] == []
    assert found["checked"] == [len(TRUST.factors), len(TRUST.opinions), len(TRUST.streams)]


def _thousandths(row: Any) -> tuple[int, int]:
    return round(row.weight_for * 1000), round(row.weight_against * 1000)


def test_events_are_read_as_the_feed_gives_them() -> None:
    event = msgspec.json.decode(msgspec.json.encode(TRUST.streams[1].events[0]), type=RecordedEvent)
    assert event == TRUST.streams[1].events[0]
