"""The record about the record: voids, notes on facts, erasures. What was recorded stays; what holds changes."""

import msgspec
import pytest

from domain.facts import Caller, Proposal, Visibility
from domain.refusals import (
    AlreadySo,
    ContentIsErased,
    FirstFactStands,
    LaterFactsDepend,
    NoSuchFact,
    NotYoursToChange,
    TargetIsVoided,
    VisibilityFollowsTarget,
    VoidIsFinal,
)
from domain.stream import evolve, fold
from tests.domain.telling import (
    BUYER,
    DEAL,
    THE_BUYER,
    THE_COACH,
    THE_COLLEAGUE,
    Story,
    a_deal,
    corrected,
    fact,
    joined,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    promise,
    refolded,
    refused,
    told_state,
    voided,
)

OWNER = Caller(known_as("other owner"), "owner")


def event_of(story: Story, type_: str) -> object:
    """The id of the last fact of a type."""
    return [record.fact.event_id for record in story.records if record.fact.type == type_][-1]


def test_a_void_takes_the_fact_out_of_the_state() -> None:
    deal = a_deal(promise("p", id=known_as("made")))
    deal.tell(voided(known_as("made")))
    assert deal.thing("p") is None
    assert deal.stream.counts == {"deal": 1, "people": 3, "record": 1}
    assert deal.stream.version == 6


def test_a_void_of_nothing_is_refused() -> None:
    deal = a_deal()
    with refused(NoSuchFact, deal):
        deal.tell(voided(known_as("nothing")))


def test_a_fact_is_voided_once_and_the_refusal_names_the_void() -> None:
    deal = a_deal(noted(id=known_as("note")))
    (void,) = deal.tell(voided(known_as("note")))
    with refused(AlreadySo, deal) as told:
        deal.tell(voided(known_as("note")))
    assert told.members == {"event_id": void.event_id}


def test_a_void_is_not_voided() -> None:
    deal = a_deal(noted(id=known_as("note")), voided(known_as("note"), id=known_as("void")))
    with refused(VoidIsFinal, deal):
        deal.tell(voided(known_as("void")))


def test_a_widening_is_not_voided() -> None:
    deal = a_deal(noted(id=known_as("note")))
    deal.tell(fact("visibility.widened", id=known_as("widening"), target_event_id=known_as("note"), to="shared"))
    with refused(VoidIsFinal, deal):
        deal.tell(voided(known_as("widening")))


def test_the_first_fact_is_not_voided() -> None:
    deal = a_deal()
    with refused(FirstFactStands, deal):
        deal.tell(voided(deal.records[0].fact.event_id))


@pytest.mark.parametrize("who", [THE_COLLEAGUE, THE_COACH])
def test_another_partys_fact_is_not_voided(who: Caller) -> None:
    deal = a_deal(noted(id=known_as("note")))
    with refused(NotYoursToChange, deal):
        deal.tell(voided(known_as("note")), by=who)


def test_an_owner_voids_a_members_fact() -> None:
    deal = a_deal()
    deal.tell(promise("p", id=known_as("made")), by=THE_COLLEAGUE)
    deal.tell(voided(known_as("made")), by=OWNER)
    assert deal.thing("p") is None


def test_not_even_an_owner_voids_what_the_buyer_recorded() -> None:
    deal = a_deal(promise("p", visibility="shared"), on_promise("fulfilled", "p", visibility="shared"), shared=True)
    deal.tell(objection("o", id=known_as("raised")), by=THE_BUYER)
    deal.tell(on_promise("disputed", "p", by=BUYER, id=known_as("disputed")), by=THE_BUYER)
    for word in ("raised", "disputed"):
        with refused(NotYoursToChange, deal):
            deal.tell(voided(known_as(word)), by=OWNER)
    deal.tell(voided(known_as("disputed")), by=THE_BUYER)
    assert deal.state("p") == "fulfilled"


def test_a_void_that_pulls_the_ground_from_under_later_facts_lists_them() -> None:
    deal = a_deal(objection("o", id=known_as("raised")), on_objection("answered", "o"), noted())
    with refused(LaterFactsDepend, deal) as told:
        deal.tell(voided(known_as("raised")))
    listed = [{"event_id": event_of(deal, "objection.answered"), "type": "objection.answered"}]
    assert told.members == {"depending": listed, "complete": True}


def test_the_list_leaves_out_what_the_caller_may_not_see_and_says_so() -> None:
    deal = a_deal(objection("o", id=known_as("raised")), on_objection("acknowledged", "o"))
    deal.tell(on_objection("answered", "o", visibility="private", id=known_as("secret")), by=THE_COLLEAGUE)
    with refused(LaterFactsDepend, deal) as told:
        deal.tell(voided(known_as("raised")))
    assert [one["type"] for one in told.members["depending"]] == ["objection.acknowledged"]
    assert told.members["complete"] is False


@pytest.mark.parametrize("order", [("raised", "answered", "resolved"), ("resolved", "raised", "answered")])
def test_one_batch_voids_them_all_in_any_order(order: tuple[str, ...]) -> None:
    deal = a_deal()
    deal.tell(
        objection("o", id=known_as("raised")),
        on_objection("answered", "o", id=known_as("answered")),
        on_objection("resolved", "o", id=known_as("resolved")),
    )
    voids = deal.tell(*(voided(known_as(name)) for name in order), noted("All of it was about another deal"))
    assert deal.thing("o") is None
    assert [one.stream_version for one in voids] == [8, 9, 10, 11]


def test_a_batch_does_not_void_a_fact_twice() -> None:
    deal = a_deal(noted(id=known_as("note")))
    with refused(AlreadySo, deal):
        deal.tell(voided(known_as("note")), voided(known_as("note")))


def test_what_was_voided_may_be_recorded_again_under_new_ids() -> None:
    deal = a_deal(objection("o", id=known_as("raised")), voided(known_as("raised")))
    deal.tell(objection("o"))
    assert deal.state("o") == "raised"


def test_nothing_new_is_said_about_a_voided_fact() -> None:
    deal = a_deal(noted(id=known_as("note")), voided(known_as("note")))
    for said in (
        fact("event.annotated", target_event_id=known_as("note"), note="Late"),
        corrected(known_as("note"), {"text": "x"}),
    ):
        with refused(TargetIsVoided, deal):
            deal.tell(said)


def test_a_note_on_a_fact_does_not_keep_it_from_being_voided() -> None:
    deal = a_deal(noted(id=known_as("note")))
    deal.tell(fact("event.annotated", target_event_id=known_as("note"), note="He was tired"))
    deal.tell(voided(known_as("note")))
    assert deal.stream.voided_by(known_as("note")) is not None


def test_a_void_is_seen_by_whom_its_target_is() -> None:
    deal = a_deal(noted(id=known_as("note"), visibility="private"))
    with refused(VisibilityFollowsTarget, deal):
        deal.tell(voided(known_as("note"), visibility="team"))
    (void,) = deal.tell(voided(known_as("note")))
    assert void.visibility is Visibility.PRIVATE


def test_voiding_a_close_makes_the_deal_open_again_as_if_nothing_had_been() -> None:
    deal = a_deal(promise("p"), fact("deal.closed", outcome="lost", id=known_as("closing")))
    assert deal.state("p") == "released"
    deal.tell(voided(known_as("closing")))
    assert (deal.stream.closed, deal.state("p")) == (None, "made")


def test_what_would_be_so_anyway_stands_in_nobodys_way() -> None:
    stages = [fact("stage.entered", stage=stage) for stage in ("deciding", "active_looking", "deciding")]
    deal = a_deal(*stages)
    deal.tell(voided(deal.records[5].fact.event_id))
    assert deal.stream.stage == "deciding"


@pytest.mark.parametrize(
    "rewriting",
    [
        lambda: voided(known_as("joined")),
        lambda: corrected(known_as("joined"), {"party_id": known_as("guest"), "side": "coach", "name": "Ida"}),
    ],
)
def test_the_stream_is_the_same_whether_folded_on_or_anew(rewriting: object) -> None:
    deal = a_deal(joined(known_as("guest"), "buyer", id=known_as("joined")), promise("p"), noted())
    proposal = rewriting()  # type: ignore[operator]
    assert isinstance(proposal, Proposal)
    deal.tell(proposal)
    deal.tell(noted("after"))
    assert told_state(deal.stream) == told_state(refolded(deal))


def test_a_fact_whose_content_is_destroyed_counts_for_nothing_and_breaks_nothing() -> None:
    deal = a_deal(objection("o"), on_objection("answered", "o"), promise("p"))
    facts = [
        msgspec.structs.replace(record.fact, data=None) if record.fact.type == "objection.raised" else record.fact
        for record in deal.records
    ]
    stream = fold(DEAL, facts)
    assert stream.version == deal.stream.version
    assert [thing.kind for thing in stream.things()] == ["commitment"]
    evolve(stream, msgspec.structs.replace(facts[-1], event_id=known_as("again"), data=None))


def test_a_stream_whose_content_is_destroyed_still_folds() -> None:
    deal = a_deal(objection("o"), fact("stage.entered", stage="deciding"), fact("deal.closed", outcome="won"))
    stream = fold(DEAL, [msgspec.structs.replace(record.fact, data=None) for record in deal.records])
    assert (stream.version, stream.terms, stream.stage, stream.closed, stream.counts) == (7, None, None, None, {})


def test_an_erased_stream_takes_nothing_more() -> None:
    deal = a_deal()
    deal.stream = fold(DEAL, [msgspec.structs.replace(one, data=None) for one in deal.stream.facts])
    assert deal.stream.erased
    with refused(ContentIsErased, deal):
        deal.tell(noted())
