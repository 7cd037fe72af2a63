"""Every refusal is a rule somebody can read, and some test meets it."""

import re
from pathlib import Path

import pytest

from domain.refusals import ALL_REFUSALS, Refusal

# Raised by the ledger, which alone knows which streams there are; its tests are in tests/ledger.
ELSEWHERE = {"StreamExists"}


def test_every_refusal_is_met_by_a_test() -> None:
    told = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    met = set(re.findall(r"refused\((\w+), ", told))
    assert met | ELSEWHERE == {refusal.__name__ for refusal in ALL_REFUSALS}


@pytest.mark.parametrize("refusal", ALL_REFUSALS)
def test_a_refusal_says_its_rule_and_what_would_be_accepted(refusal: type[Refusal]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", refusal.slug)
    for sentence in (refusal.rule, refusal.accepted):
        assert sentence[0].isupper() or sentence[0] == '"'
        assert sentence.endswith(".")
    assert not refusal.__name__.endswith("Error")


def test_no_two_refusals_share_a_page() -> None:
    assert len({refusal.slug for refusal in ALL_REFUSALS}) == len(ALL_REFUSALS)
