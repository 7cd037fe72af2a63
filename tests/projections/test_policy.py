"""The published policy: whole, canonical, and never another under the same name."""

import json
from decimal import Decimal

import pytest

from projections.trust.policy import BUILT_IN, DEFAULT, TRUST_1, Weight
from projections.trust.rows import weights
from tests.projections.evidence import policy


def test_the_first_policy_is_the_default_and_found_by_its_key() -> None:
    assert BUILT_IN["trust/1"] is TRUST_1 is DEFAULT


def test_a_published_policy_never_changes() -> None:
    """If this fails, publish trust/2 instead: answers given under trust/1 must be givable again."""
    assert TRUST_1.digest == "7750e8ef264805eb018dc1ca97f4730290f44a2ef9c2287004c3a71ef7bacf9c"


def test_the_document_is_canonical_and_says_everything() -> None:
    said = json.loads(TRUST_1.document)
    assert set(said) == set(TRUST_1.__struct_fields__)
    assert TRUST_1.document == json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    assert {one["rule"] for one in said["weights"]} == {f"T{number}" for number in range(1, 27)}
    assert said["half_life_days"]["goal"]["self"] == "30"
    assert (said["silence_days"], said["acknowledge_days"], said["cap_per_day"]) == (7, 7, "2")


@pytest.mark.parametrize("one", TRUST_1.weights, ids=lambda one: f"{one.rule} {one.case}")
def test_weights_have_at_most_three_places_also_when_multiplied(one: Weight) -> None:
    size = TRUST_1.sizes.small if one.scaled_by else 1
    vouched = TRUST_1.attestation.self if one.attested else 1
    for weight in (one.weight_for * size * vouched, one.weight_against * size):
        assert weight == weight.quantize(Decimal("0.001"))


def test_evidence_against_is_multiplied_by_the_policys_knob() -> None:
    strict = policy(against_multiplier=Decimal(2))
    assert weights(strict).of("T3", "broken") == (0, 2000)
    assert weights(strict).of("T1", "kept", "normal", "counterparty") == (1000, 0)
