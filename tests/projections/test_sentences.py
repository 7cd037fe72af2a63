"""Every fact as a sentence: all types, people by their names, and what is left once words are erased."""

from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events import CATALOGUE, EventType, samples
from domain.facts import ERASED, Fact
from domain.relations import MEMBERS
from domain.state import Stream
from projections.sentences import SENTENCES, Teller, sentence
from projections.sentences.teller import QUOTED_CHARS_MAX, listed, quoted
from tests.domain.telling import BUYER, COACH, SELLER, a_deal, a_goal, fact, joined, known_as, objection, promise
from tests.domain.test_catalogue import prepared, record
from tests.projections.standing import mapped, no, on, standing

EVERY_TYPE = [
    pytest.param(event_type, kind, id=f"{event_type.name} on a {kind}")
    for event_type in CATALOGUE.values()
    for kind in sorted(event_type.on)
]


def told(stream: Stream, number: int = -1) -> str:
    return sentence(Teller(stream), stream.facts[number])


@pytest.mark.parametrize(("event_type", "kind"), EVERY_TYPE)
def test_every_type_is_told_in_plain_words(event_type: EventType, kind: str) -> None:
    stream = prepared(event_type, kind)
    record(stream, event_type.example)
    line = told(stream)
    assert line[0] == line[0].upper()
    assert "\n" not in line
    assert event_type.name not in line
    assert not [code for code in ("_", "None", "UNSET", "()", "[]", "{") if code in line], line


@pytest.mark.parametrize(("event_type", "kind"), EVERY_TYPE)
def test_no_sentence_needs_words(event_type: EventType, kind: str) -> None:
    stream = prepared(event_type, kind)
    record(stream, event_type.example)
    fact_ = stream.facts[-1]
    line = sentence(Teller(stream), msgspec.structs.replace(fact_, data=without_words(fact_.data)))
    assert ERASED not in line
    assert line
    assert sentence(Teller(stream), msgspec.structs.replace(fact_, data=None)) == "What this fact said was erased"


def without_words(data: Any) -> Any:
    members = MEMBERS[type(data)]
    changes: dict[str, Any] = {name: ERASED for name in members.texts if isinstance(getattr(data, name), str)}
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, tuple):
            changes[name] = tuple(map(without_words, value))
        elif isinstance(value, msgspec.Struct):
            changes[name] = without_words(value)
    return msgspec.structs.replace(data, **changes)


def test_every_type_has_its_sentence() -> None:
    assert SENTENCES.keys() == CATALOGUE.keys()


def test_people_are_called_by_their_latest_name_else_by_their_side() -> None:
    deal = a_deal(objection("o", severity="blocking"))
    assert told(deal.stream) == "The buyer raised a blocking objection about the process: “Not in the season”"
    deal.tell(joined(BUYER, "buyer", name="Ruben"), joined(BUYER, "buyer", name="Ruben Haak"))
    assert told(deal.stream, -3) == "Ruben Haak raised a blocking objection about the process: “Not in the season”"
    assert told(deal.stream) == "Ruben Haak takes part on the buyer's side"
    deal.tell(joined(BUYER, "buyer", name=ERASED, roles=["buyer", "economic_buyer"]))
    assert told(deal.stream) == "The buyer takes part on the buyer's side as buyer and economic buyer"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (promise("p", due_at=on("2026-03-20")), "The seller promised the buyer by 2026-03-20: “Send the list”"),
        (
            promise("p", due_at="2026-03-20T23:30:00-02:00"),
            "The seller promised the buyer by 2026-03-21: “Send the list”",
        ),
        (
            no("n", scope="scope_of_work"),
            "The buyer gave a not yet about the scope of work: “Not before the peak is over”",
        ),
        (fact("deal.changed", amount="5.00", currency="EUR"), "The amount and currency of the deal changed"),
        (fact("referral.given", to={"name": "Lotte"}), "The customer referred Lotte"),
        (
            fact(
                "interaction.logged",
                direction="outbound",
                initiated_by=SELLER,
                purpose="working_session",
                participants=[SELLER, BUYER, COACH],
                duration_minutes=45,
            ),
            "The seller began a working session with the buyer and the coach, 45 minutes",
        ),
    ],
)
def test_a_fact_in_a_sentence(said: Any, line: str) -> None:
    deal = a_deal(said)
    assert told(deal.stream) == line


def test_things_are_called_by_their_own_words() -> None:
    deal = a_deal(mapped(("Contract signed", "buyer", None)))
    deal.tell(fact("milestone.reached", milestone_id=known_as("Contract signed")))
    assert told(deal.stream) == "The milestone “Contract signed” was reached"
    goal = a_goal(promise("p", SELLER, SELLER, statement="Call home"))
    assert told(goal.stream) == "The owner promised themselves: “Call home”"
    goal.tell(
        fact("commitment.renegotiated", commitment_id=known_as("p"), change="smaller", reason="Late", statement="Write")
    )
    assert told(goal.stream) == "The promise “Write” was made smaller: “Late”"


def test_long_words_are_cut_and_put_on_one_line() -> None:
    assert quoted("a\nb  c") == "“a b c”"
    assert len(quoted("x" * 500)) == QUOTED_CHARS_MAX + 2
    assert quoted("x" * 500).endswith("…”")
    assert [listed(parts) for parts in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_more_than_three_people_are_not_all_named() -> None:
    deal = a_deal(*(joined(known_as(name), "buyer", name=name) for name in "abcd"))
    teller = Teller(deal.stream)
    assert teller.people([known_as(name) for name in "abcd"]) == "a, b and others"
    assert teller.people([known_as(name) for name in "aab"]) == "a and b"
    assert teller.who(uuid4()) == "somebody"


def test_an_agent_is_told_from_a_person() -> None:
    said = {"steps": [{"text": "Order a meal", "horizon": "next"}], "decomposition_id": UUID(samples.DECOMPOSITION)}
    goal = a_goal(fact("goal.decomposed", proposed_by="agent", **said))
    assert told(goal.stream) == "An agent proposed 1 smaller step"
    assert isinstance(standing(goal).facts[-1], Fact)
