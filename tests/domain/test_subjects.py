"""Whom words are about, so that erasing somebody leaves no word about them."""

import pytest

from domain.facts import Proposal
from domain.subjects import STEPS_BACK_MAX, subject_of
from tests.domain.telling import (
    BUYER,
    SELLER,
    USER,
    a_deal,
    corrected,
    fact,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    promise,
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (objection("new"), BUYER),
        (on_objection("answered", "o"), BUYER),
        (on_objection("reopened", "settled"), USER),
        (promise("new"), SELLER),
        (on_promise("broken", "p", reason="Forgot"), SELLER),
        (fact("question.answered", question_id=known_as("q"), answer="Home at six"), USER),
        (noted(), None),
        (noted(about={"kind": "party", "id": BUYER}), BUYER),
        (noted(about={"kind": "objection", "id": known_as("settled")}), USER),
        (fact("event.annotated", target_event_id=known_as("raised"), note="He sighed"), BUYER),
        (fact("deal.closed", outcome="won", reason="Price"), None),
        (fact("force.observed", force="push", statement="Pain", intensity=2), None),
    ],
)
def test_words_are_about_whom_the_fact_is_about(said: Proposal, expected: object) -> None:
    deal = a_deal(objection("o", id=known_as("raised")), promise("p"))
    deal.tell(objection("settled", by=USER), on_objection("resolved", "settled"))
    deal.tell(fact("question.asked", question_id=known_as("q"), text="When?", asked_of=USER, intent="learn"))
    (told,) = deal.tell(said)
    assert subject_of(deal.stream, told) == expected


def test_a_correction_is_about_whom_its_target_is_about() -> None:
    deal = a_deal(promise("p", id=known_as("made")))
    data = {"debtor": SELLER, "creditor": BUYER, "statement": "Send two"}
    (told,) = deal.tell(corrected(known_as("made"), data))
    assert subject_of(deal.stream, told) == SELLER


def test_remarks_on_remarks_are_followed_back_only_so_far() -> None:
    deal = a_deal(objection("o", id=known_as("remark 0")))
    for number in range(STEPS_BACK_MAX):
        target, event = known_as(f"remark {number}"), known_as(f"remark {number + 1}")
        deal.tell(fact("event.annotated", id=event, target_event_id=target, note="Indeed"))
    followed = [subject_of(deal.stream, record.fact) for record in deal.records[-STEPS_BACK_MAX:]]
    assert followed == [BUYER] * (STEPS_BACK_MAX - 1) + [None]
