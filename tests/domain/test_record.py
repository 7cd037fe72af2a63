"""The record about the record: voids, corrections, notes on facts. What was recorded stays; what holds changes."""

import msgspec
import pytest

from domain.corrections import replacement
from domain.facts import Caller, Proposal, Visibility
from domain.refusals import (
    AlreadySo,
    CorrectionMalformed,
    CurrencyMissing,
    FirstFactStands,
    LaterFactsDepend,
    NoSuchFact,
    NotCorrectable,
    NotYoursToChange,
    ReferencesChanged,
    TargetIsVoided,
    VisibilityFollowsTarget,
    VoidIsFinal,
)
from domain.stream import evolve, fold
from tests.domain.telling import (
    BUYER,
    DEAL,
    SELLER,
    THE_BUYER,
    THE_COACH,
    THE_COLLEAGUE,
    USER,
    Story,
    a_deal,
    corrected,
    day,
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


# -- corrections


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
