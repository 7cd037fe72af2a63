"""What may be published as a policy: a whole canonical document that can be reckoned exactly, or a reason why not."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec import structs

from projections.trust.compared import compared, largest
from projections.trust.policy import BUILT_IN, TRUST_1, Sizes
from projections.trust.published import DOCUMENT_BYTES_MAX, NotAPolicy, read_policy
from tests.domain.telling import a_deal, a_goal, day, fact, on_promise, promise
from tests.projections.standing import standing


def document(**changes: Any) -> bytes:
    return structs.replace(TRUST_1, **changes).document


@pytest.mark.parametrize("policy", BUILT_IN.values(), ids=lambda one: one.key)
def test_what_is_built_in_could_be_published(policy: Any) -> None:
    assert read_policy(policy.document) == policy
    assert read_policy(policy.document + b"\n").digest == policy.digest


def test_another_opinion_is_read_as_it_was_written() -> None:
    sent = document(name="strict_one", version=12, against_multiplier=Decimal("1.5"), silence_days=3)
    assert read_policy(sent).key == "strict_one/12"
    assert read_policy(sent).document == sent


WEIGHTS = TRUST_1.weights
LEGS = TRUST_1.base_rate


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "Trust"}, "`name`"),
        ({"name": "a/b"}, "`name`"),
        ({"name": "a" * 21}, "20 characters"),
        ({"version": 0}, "`version`"),
        ({"weights": WEIGHTS[1:]}, "T1 kept"),
        ({"weights": (*WEIGHTS, WEIGHTS[0])}, "T1 kept"),
        ({"weights": (structs.replace(WEIGHTS[0], case="missed"), *WEIGHTS[1:])}, "exactly once"),
        ({"weights": (structs.replace(WEIGHTS[0], scaled_by="luck"), *WEIGHTS[1:])}, "scaled by"),
        ({"weights": (structs.replace(WEIGHTS[0], weight_for=Decimal(-1)), *WEIGHTS[1:])}, "T1 kept, for"),
        ({"weights": (structs.replace(WEIGHTS[0], weight_against=Decimal("0.0001")), *WEIGHTS[1:])}, "3 places"),
        ({"prior_weight": Decimal(0)}, "`prior_weight`"),
        ({"prior_weight": Decimal("NaN")}, "`prior_weight`"),
        ({"base_rate": structs.replace(LEGS, product=Decimal("1.1"))}, "`base_rate.product`"),
        (
            {"half_life_days": structs.replace(TRUST_1.half_life_days, goal=structs.replace(LEGS, self=Decimal(0)))},
            "`half_life_days.goal.self`",
        ),
        ({"party_half_life_days": Decimal("0.001")}, "whole number of seconds"),
        ({"party_half_life_days": Decimal(3651)}, "`party_half_life_days`"),
        ({"interval": Decimal(1)}, "less than 1"),
        ({"unknown_below": Decimal(2)}, "`unknown_below`"),
        ({"sizes": Sizes(small=Decimal("Infinity"), normal=Decimal(1), large=Decimal(2))}, "`sizes.small`"),
        ({"silence_days": 0}, "`silence_days`"),
        ({"chasing_contacts": 1001}, "`chasing_contacts`"),
    ],
    ids=lambda one: str(one)[:40] if isinstance(one, str) else "",
)
def test_what_cannot_be_reckoned_is_named(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(NotAPolicy, match=None) as caught:
        read_policy(document(**changes))
    assert reason in str(caught.value)


def test_nothing_but_the_canonical_form_is_read() -> None:
    said = msgspec.json.decode(TRUST_1.document)
    for sent, reason in (
        (b"{", "no policy document"),
        (b"\xff", "no policy document"),
        (msgspec.json.format(TRUST_1.document), "canonical"),
        (msgspec.json.encode({**said, "further": 1}, order="sorted"), "canonical"),
        (msgspec.json.encode({**said, "interval": "0.90"}, order="sorted") + b"\n\n", "canonical"),
        (msgspec.json.encode({k: v for k, v in said.items() if k != "even"}), "even"),
        (b" " * (DOCUMENT_BYTES_MAX + 1), "bytes"),
    ):
        with pytest.raises(NotAPolicy) as caught:
            read_policy(sent)
        assert reason in str(caught.value), sent[:50]


def test_one_stream_under_two_policies() -> None:
    strict = structs.replace(TRUST_1, name="strict", against_multiplier=Decimal(2))
    story = a_deal(promise("p"), fact("pressure.applied", kind="chasing", beneficiary="seller", day=1))
    story.tell(on_promise("broken", "p", day=1), at=day(1))
    found = compared(standing(story), TRUST_1, strict, day(1))
    assert [one.dimension for one in found] == ["seller", "product", "process", "self"]
    seller, product = found[:2]
    assert (seller.first, seller.second, seller.change) == (0.25, 0.166667, -0.083333)
    assert (seller.first_label, seller.second_label) == ("uncertain", "distrusted")
    assert (product.first, product.second, product.change, product.first_label) == (0.5, 0.5, 0.0, "unknown")
    assert (largest(found), largest([])) == (0.083333, 0.0)
    assert [one.dimension for one in compared(standing(a_goal()), TRUST_1, strict, day(1))] == [
        "product",
        "process",
        "self",
    ]
