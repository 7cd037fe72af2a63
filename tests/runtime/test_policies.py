"""The folder of policies: all of them are read at start, or it does not start."""

from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from projections.trust.policy import BUILT_IN, TRUST_1
from service.faults import StartRefusal
from service.policies import POLICIES_MAX, registered

STRICT = structs.replace(TRUST_1, name="strict", against_multiplier=Decimal(2))


def refused(folder: Path) -> tuple[str, ...]:
    with pytest.raises(StartRefusal) as caught:
        registered(folder)
    return caught.value.sentences


def test_without_a_folder_there_is_the_built_in_one() -> None:
    assert registered(None) == BUILT_IN


def test_policies_of_the_folder_follow_the_built_in_one(tmp_path: Path) -> None:
    for version in (10, 2):
        (tmp_path / f"{version}.json").write_bytes(structs.replace(STRICT, version=version).document)
    (tmp_path / "copy.json").write_bytes(TRUST_1.document + b"\n")
    (tmp_path / "notes.txt").write_text("not a policy")
    assert list(registered(tmp_path)) == ["trust/1", "strict/2", "strict/10"]


def test_every_wrong_document_is_told_by_file_and_reason(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_bytes(structs.replace(STRICT, prior_weight=Decimal(0)).document)
    first, second = refused(tmp_path)
    assert first.startswith(f"{tmp_path / 'a.json'} is no policy document")
    assert second == f"{tmp_path / 'b.json'} has a `prior_weight` that is not from more than 0 to 1000."


def test_a_policy_is_not_defined_twice_differently(tmp_path: Path) -> None:
    (tmp_path / "trust.json").write_bytes(structs.replace(TRUST_1, silence_days=8).document)
    (tmp_path / "one.json").write_bytes(STRICT.document)
    (tmp_path / "two.json").write_bytes(structs.replace(STRICT, silence_days=8).document)
    told = refused(tmp_path)
    assert ["trust/1" in told[0], "strict/1" in told[1]] == [True, True]
    assert all("give it another version" in one for one in told)


def test_the_folder_must_be_one_and_not_too_full(tmp_path: Path) -> None:
    assert "is no folder" in refused(tmp_path / "none")[0]
    for number in range(POLICIES_MAX + 1):
        (tmp_path / f"{number}.json").write_text("{}")
    assert f"at most {POLICIES_MAX}" in refused(tmp_path)[0]
