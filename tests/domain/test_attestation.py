"""Who vouches for a fact: judged by who records it, never by whose act it was."""

from typing import Any

import pytest

from domain.facts import Caller, Proposal
from tests.domain.telling import (
    BUYER,
    SELLER,
    THE_BUYER,
    THE_COACH,
    THE_COLLEAGUE,
    THE_IMPORT,
    THE_SELLER,
    a_deal,
    a_goal,
    fact,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    promise,
)

SHARED: dict[str, Any] = {"visibility": "shared"}
KEPT = [promise("p", **SHARED), on_promise("fulfilled", "p", **SHARED)]
RESOLVED = [objection("o", **SHARED), on_objection("resolved", "o", **SHARED)]
HELPED = [fact("help.given", help_id=known_as("h"), to=BUYER, kind="advice", **SHARED)]
STATED = [fact("requirement.stated", requirement_id=known_as("r"), text="Fast", strength="must", **SHARED)]


@pytest.mark.parametrize(
    ("before", "said", "recorder", "expected"),
    [
        (KEPT, on_promise("confirmed", "p", by=BUYER), THE_BUYER, "counterparty"),
        (KEPT, on_promise("confirmed", "p", by=BUYER), THE_SELLER, "self"),
        (KEPT, on_promise("confirmed", "p", by=BUYER), THE_COLLEAGUE, "self"),
        (KEPT, on_promise("confirmed", "p", by=BUYER), THE_IMPORT, "system"),
        ([], promise("p", debtor=BUYER, creditor=SELLER), THE_SELLER, "counterparty"),
        ([], promise("p", debtor=BUYER, creditor=SELLER), THE_BUYER, "self"),
        (RESOLVED, on_objection("confirmed", "o", by=BUYER), THE_BUYER, "counterparty"),
        (RESOLVED, on_objection("confirmed", "o", by=BUYER), THE_SELLER, "self"),
        (HELPED, fact("help.confirmed", help_id=known_as("h"), by=BUYER, useful=True), THE_BUYER, "counterparty"),
        (HELPED, fact("help.confirmed", help_id=known_as("h"), by=BUYER, useful=True), THE_SELLER, "self"),
        (
            STATED,
            fact("requirement.verified", requirement_id=known_as("r"), met="yes", verified_by=BUYER),
            THE_BUYER,
            "counterparty",
        ),
        ([], fact("understanding.confirmed", summary="x", by=BUYER, accurate="yes"), THE_BUYER, "counterparty"),
        ([], fact("understanding.confirmed", summary="x", by=BUYER, accurate="yes"), THE_SELLER, "self"),
        ([], noted(), THE_BUYER, "self"),
        ([], noted(), THE_IMPORT, "system"),
    ],
)
def test_who_vouches_on_a_deal(before: list[Proposal], said: Proposal, recorder: Caller, expected: str) -> None:
    deal = a_deal(*before, shared=True)
    (told,) = deal.tell(said, by=recorder)
    assert told.attestation == expected


def test_a_coach_vouches_for_what_somebody_promised_themselves() -> None:
    goal = a_goal()
    goal.tell(fact("visibility.widened", target_event_id=goal.records[0].fact.event_id, to="team"))
    goal.tell(promise("p", debtor=SELLER, creditor=SELLER, visibility="team"))
    (own,) = goal.tell(on_promise("fulfilled", "p", visibility="team"))
    goal.tell(on_promise("disputed", "p", by=SELLER, visibility="team"))
    (seen,) = goal.tell(on_promise("fulfilled", "p", visibility="team"), by=THE_COACH)
    assert (own.attestation, seen.attestation) == ("self", "counterparty")


def test_who_has_left_vouches_for_nothing() -> None:
    deal = a_deal(*KEPT, shared=True)
    deal.tell(fact("participant.left", party_id=BUYER))
    (told,) = deal.tell(on_promise("confirmed", "p", by=BUYER), by=THE_BUYER)
    assert told.attestation == "self"
