"""Corrections: what was recorded stays, what holds changes, and later facts must still make sense."""

import msgspec
import pytest

from domain.corrections import replacement
from domain.refusals import (
    CorrectionMalformed,
    CurrencyMissing,
    LaterFactsDepend,
    NotCorrectable,
    NotYoursToChange,
    ReferencesChanged,
)
from tests.domain.telling import (
    BUYER,
    SELLER,
    THE_COLLEAGUE,
    USER,
    a_deal,
    corrected,
    day,
    fact,
    known_as,
    noted,
    on_promise,
    promise,
    refused,
    voided,
)


def test_a_correction_changes_what_holds() -> None:
    deal = a_deal(promise("p", id=known_as("made"), due_at=day(5)))
    said = {"debtor": SELLER, "creditor": BUYER, "statement": "Send two", "due_at": day(7), "stake": "large"}
    (correction,) = deal.tell(corrected(known_as("made"), said))
    assert (deal.thing("p").due, deal.thing("p").fact.data.stake) == (day(7), "large")
    assert correction.data.target_type == "commitment.made"
    assert replacement(correction.data).commitment_id == known_as("p")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "data",
    [
        {"statement": "x"},
        {"debtor": SELLER, "creditor": BUYER, "statement": "x", "colour": "red"},
        {"debtor": SELLER, "creditor": BUYER, "statement": 3},
    ],
)
def test_a_correction_has_the_whole_data_of_its_targets_type(data: dict[str, object]) -> None:
    deal = a_deal(promise("p", id=known_as("made")))
    with refused(CorrectionMalformed, deal) as told:
        deal.tell(corrected(known_as("made"), data))
    assert told.members == {"type": "commitment.made"}


def test_a_correction_does_not_say_another_type() -> None:
    deal = a_deal(noted(id=known_as("note")))
    said = {"target_event_id": known_as("note"), "target_type": "deal.opened", "data": {"text": "x"}, "reason": "y"}
    with refused(CorrectionMalformed, deal):
        deal.tell(fact("event.corrected", data=said))


@pytest.mark.parametrize(
    "change",
    [{"creditor": USER}, {"commitment_id": known_as("q")}],
)
def test_a_correction_keeps_ids_and_parties(change: dict[str, object]) -> None:
    deal = a_deal(promise("p", id=known_as("made")))
    with refused(ReferencesChanged, deal):
        deal.tell(corrected(known_as("made"), {"debtor": SELLER, "creditor": BUYER, "statement": "x", **change}))


def test_a_correction_obeys_the_rules_of_its_targets_type() -> None:
    deal = a_deal()
    first = deal.records[0].fact.event_id
    with refused(CurrencyMissing, deal):
        deal.tell(corrected(first, {"title": "Shift planning", "amount": "100"}))


def test_a_correction_is_not_corrected_and_the_last_one_holds() -> None:
    deal = a_deal(noted(id=known_as("note")), corrected(known_as("note"), {"text": "one"}, id=known_as("first")))
    with refused(NotCorrectable, deal):
        deal.tell(corrected(known_as("first"), {"text": "two"}))
    deal.tell(corrected(known_as("note"), {"text": "two"}))
    correction = deal.stream.corrected_by(known_as("note"))
    assert correction is not None
    assert correction.data.data == {"text": "two"}


def test_a_correction_may_be_voided_and_the_one_before_holds_again() -> None:
    deal = a_deal(noted(id=known_as("note")), corrected(known_as("note"), {"text": "one"}))
    deal.tell(corrected(known_as("note"), {"text": "two"}, id=known_as("second")), voided(known_as("second")))
    correction = deal.stream.corrected_by(known_as("note"))
    assert correction is not None
    assert correction.data.data == {"text": "one"}


def test_a_correction_that_later_facts_contradict_is_refused_with_the_list() -> None:
    deal = a_deal(fact("deal.closed", outcome="won", id=known_as("closing")), promise("p"))
    made_before = a_deal(promise("p"), fact("deal.closed", outcome="won", id=known_as("closing")))
    made_before.tell(on_promise("fulfilled", "p"))
    with refused(LaterFactsDepend, made_before) as told:
        made_before.tell(corrected(known_as("closing"), {"outcome": "lost"}))
    assert [one["type"] for one in told.members["depending"]] == ["commitment.fulfilled"]
    deal.tell(corrected(known_as("closing"), {"outcome": "lost"}))
    assert deal.stream.closed is not None
    assert deal.stream.closed.data.outcome == "lost"


def test_another_partys_fact_is_not_corrected() -> None:
    deal = a_deal(noted(id=known_as("note")))
    with refused(NotYoursToChange, deal):
        deal.tell(corrected(known_as("note"), {"text": "x"}), by=THE_COLLEAGUE)


@pytest.mark.parametrize("deep", [{"a": {"b": {"c": {"d": 1}}}}, {"a": [[1]]}, {"a": {"b": [{"c": 1}]}}])
def test_a_correction_is_no_deeper_than_any_data(deep: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        corrected(known_as("note"), deep)


def test_the_deepest_data_can_be_corrected() -> None:
    milestone = {"name": "Signed", "owner_side": "buyer", "due": {"local_date": "2026-05-01", "time_zone": "UTC"}}
    deal = a_deal(fact("journey.mapped", id=known_as("map"), end_state="Live", milestones=[milestone]))
    (before,) = deal.stream.things("milestone")
    later = {**milestone, "due": {"local_date": "2026-06-01", "time_zone": "UTC"}}
    deal.tell(corrected(known_as("map"), {"end_state": "Live", "milestones": [later]}))
    (after,) = deal.stream.things("milestone")
    assert (after.id, str(after.due.local_date)) == (before.id, "2026-06-01")  # type: ignore[union-attr]
