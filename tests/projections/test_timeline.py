"""The timeline: what happened, in order and in plain words, what it changed, and when nothing happened."""

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import ERASED, Proposal
from domain.history import known
from projections.signals import signals
from projections.timeline import Timeline
from projections.timeline.entries import (
    CoverageChange,
    Effect,
    EventTold,
    NetChange,
    OverdueTold,
    SilenceTold,
    TimelineEntry,
)
from projections.timeline.header import IntentSaid, MethodUsed, StageReached, header
from projections.trust.changes import trust_changes
from projections.view import View
from tests.domain.telling import (
    BUYER,
    SELLER,
    Story,
    a_deal,
    a_goal,
    corrected,
    day,
    fact,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    promise,
    voided,
)
from tests.projections.standing import force, force_now, mapped, no, standing
from tests.projections.test_any_history import HISTORIES, tell

LATER = day(400)


def line(story: Story, number: float, as_of: datetime | None = None) -> Timeline:
    return Timeline(View(standing(story, as_of), day(number)), story.records, as_of)


def told(story: Story, number: float, **asked: Any) -> list[TimelineEntry]:
    return [entry for _, entry in line(story, number).entries(**asked)]


def events(story: Story, number: float = 0, **asked: Any) -> list[EventTold]:
    return [one for one in told(story, number, **asked) if isinstance(one, EventTold)]


def moments(story: Story, number: float) -> list[Any]:
    return [one for one in told(story, number) if not isinstance(one, EventTold)]


def a_told(*proposals: Proposal) -> Story:
    deal = a_deal()
    for one in proposals:
        deal.tell(one, at=None if one.occurred_at is None else LATER)
    return deal


def test_every_fact_is_told_in_the_order_of_happening() -> None:
    deal = a_told(objection("o", day=3), noted(day=2))
    assert [one.summary for one in events(deal, 4)][4:] == [
        "A note: “He paused before he said yes”",
        "The buyer raised an objection about the process: “Not in the season”",
    ]
    last = events(deal, 4)[-1]
    assert (last.at, last.side, last.family, last.type) == (day(3), "buyer", "objections", "objection.raised")
    assert (last.occurred_at, last.recorded_at, last.stream_version, last.position) == (day(3), LATER, 5, 4)
    assert (last.acting_party, last.event_id) == (BUYER, deal.records[4].fact.event_id)


def test_what_came_late_is_marked() -> None:
    deal = a_deal()
    deal.tell(objection("o", day=3), at=day(4))
    deal.tell(noted(day=2), at=day(5))
    deal.tell(noted("on time", day=5), noted("together", day=4.5), at=day(5))
    assert [one.learned_later for one in events(deal, 6)[4:]] == [True, False, False, False]


def test_a_fact_tells_what_it_refers_to_and_what_became_of_it() -> None:
    deal = a_deal()
    (raised,) = deal.tell(objection("o"))
    (heard,) = deal.tell(on_objection("acknowledged", "o", causation_id=raised.event_id))
    (note,) = deal.tell(noted(about={"kind": "objection", "id": str(known_as("o"))}))
    (added,) = deal.tell(fact("event.annotated", target_event_id=note.event_id, note="She too"))
    (void,) = deal.tell(voided(heard.event_id))
    (right,) = deal.tell(
        corrected(note.event_id, {"text": "Short", "about": {"kind": "objection", "id": str(known_as("o"))}})
    )
    by_id = {one.event_id: one for one in events(deal)}
    assert by_id[heard.event_id].links.refers_to == [raised.event_id]
    assert (by_id[heard.event_id].links.caused_by, by_id[heard.event_id].links.voided_by) == (
        raised.event_id,
        void.event_id,
    )
    assert (by_id[note.event_id].links.refers_to, by_id[note.event_id].links.corrected_by) == (
        [raised.event_id],
        right.event_id,
    )
    assert by_id[note.event_id].summary == "A note: “Short”"
    assert by_id[added.event_id].links.refers_to == [note.event_id]
    assert by_id[raised.event_id].links.refers_to == []
    assert by_id[heard.event_id].effect == Effect(trust=[], forces_net=None, coverage=None)


def test_what_a_fact_changed() -> None:
    deal = a_told(
        force("f", "push", 4),
        force("g", "anxiety", 3),
        force_now("g", 2),
        force_now("f", 0),
        fact("qualification.updated", topic="spend", status="assumed"),
        fact("qualification.updated", topic="spend", status="stated"),
        fact("qualification.updated", topic="spend", status="unknown"),
    )
    effects = [one.effect for one in events(deal)[4:]]
    assert [one.forces_net for one in effects][:4] == [
        NetChange(before=None, after=4),
        NetChange(before=4, after=1),
        NetChange(before=1, after=2),
        NetChange(before=2, after=-2),
    ]
    assert [one.coverage for one in effects][4:] == [
        None,
        CoverageChange(before=0.0, after=0.2),
        CoverageChange(before=0.2, after=0.0),
    ]


def test_what_a_fact_did_to_trust_is_what_the_history_of_trust_says() -> None:
    deal = a_told(
        promise("p", day=1),
        on_promise("fulfilled", "p", day=2),
        fact("pressure.applied", kind="chasing", beneficiary="seller", day=3),
    )
    effects = {one.type: one.effect.trust for one in events(deal, 4)}
    assert effects["commitment.made"] == []
    view = View(standing(deal), day(4))
    assert effects["pressure.applied"] == trust_changes(view)[deal.records[-1].fact.event_id]
    (change,) = effects["commitment.fulfilled"]
    assert (change.dimension, change.score_before, change.score) == ("seller", 0.5, 0.6)
    assert [one.type for one in events(deal, 4, dimension="seller")] == [
        "commitment.made",
        "commitment.fulfilled",
        "pressure.applied",
    ]


def test_a_voided_fact_stays_and_changes_nothing() -> None:
    deal = a_deal()
    (wrong,) = deal.tell(force("f", "push", 4))
    deal.tell(voided(wrong.event_id))
    deal.tell(force("g", "pull", 2))
    assert [one.effect.forces_net for one in events(deal)[4:]] == [None, None, NetChange(before=None, after=2)]


# -- moments without a fact


def test_silence_stands_where_it_became_one_and_ends_with_the_next_word() -> None:
    deal = a_told(noted(day=1, on_behalf_of=BUYER), noted(day=20, on_behalf_of=BUYER))
    first, last = moments(deal, 30)
    assert isinstance(first, SilenceTold)
    assert first.summary == "The buyer's side had been silent for 7 days"
    assert (first.at, first.since, first.until, first.side) == (day(8), day(1), day(20), "buyer")
    assert first.event_id == deal.records[4].fact.event_id
    assert (last.at, last.since, last.until) == (day(27), day(20), None)
    assert moments(deal, 26.9) == [first]
    assert line(deal, 26.9).changes_at == day(27)
    assert told(deal, 30).index(first) == 5


def test_nobody_is_silent_on_a_closed_deal() -> None:
    deal = a_told(fact("deal.closed", outcome="lost", day=5), fact("deal.reopened", reason="Budget", day=40))
    (silence,) = moments(deal, 50)
    assert (silence.at, silence.since, silence.until) == (day(47), day(40), None)
    goal = a_goal(fact("goal.status_changed", lifecycle="completed", day=10))
    (before,) = moments(goal, 50)
    assert (before.summary, before.until) == ("The owner had been silent for 7 days", day(10))


def test_what_became_overdue() -> None:
    deal = a_told(
        promise("p", due_at=day(2).isoformat(), day=1),
        promise("kept", due_at=day(2).isoformat(), day=1),
        on_promise("fulfilled", "kept", day=2),
        promise("moved", due_at=day(2).isoformat(), day=1),
        on_promise("renegotiated", "moved", due_at=day(3).isoformat(), agreed_by=BUYER, day=1.5),
        mapped(("Signed", "buyer", day(4).isoformat())),
        no("n", revisit_at=day(5).isoformat()),
    )
    found = moments(deal, 6)
    assert all(isinstance(one, OverdueTold) for one in found)
    assert [(one.at, one.what, one.side, one.party_id, one.dimension) for one in found] == [
        (day(2), "commitment", "seller", SELLER, "seller"),
        (day(3), "commitment", "seller", SELLER, "seller"),
        (day(4), "milestone", "buyer", None, None),
        (day(5), "no", "seller", None, None),
    ]
    assert [one.summary for one in found] == [
        "The promise “Send the list” was not kept in time",
        "The promise “Send the list” was not kept in time",
        "The milestone “Signed” was not reached in time",
        "The time came to ask about the no “Not before the peak is over” again",
    ]
    assert [one.subject_id for one in found] == list(map(known_as, ("p", "moved", "Signed", "n")))
    assert found[1].event_id == deal.records[8].fact.event_id
    assert moments(deal, 2) == [], "at its due time a promise is not overdue yet"
    assert line(deal, 2.5).changes_at == day(3)


def test_a_promise_kept_late_was_overdue_all_the_same() -> None:
    deal = a_told(promise("p", BUYER, SELLER, due_at=day(2).isoformat(), day=1), on_promise("fulfilled", "p", day=3))
    (overdue,) = moments(deal, 4)
    assert (overdue.at, overdue.side, overdue.dimension) == (day(2), "buyer", "self")


# -- pages and filters


def test_entries_are_chosen_by_family_side_and_dimension() -> None:
    deal = a_told(objection("o"), promise("p", due_at=day(2).isoformat()), on_objection("answered", "o"))
    assert [one.summary[:13] for one in told(deal, 3, family="commitments")] == ["The seller pr", "The promise “"]
    assert {one.side for one in told(deal, 3, side="buyer")} == {"buyer"}
    assert [one.at for one in told(deal, 3, dimension="process")] == [day(0), day(0)]
    assert len(told(deal, 3, dimension="seller")) == 2
    assert told(deal, 3, dimension="product") == []


def test_as_of_leaves_out_what_had_not_happened() -> None:
    deal = a_told(noted(day=1), noted(day=3))
    assert len(line(deal, 2, as_of=day(2)).entries()) == 5


def test_a_stream_of_which_nothing_is_seen_has_no_entries() -> None:
    story = Story("deal/" + str(known_as("none")))
    empty = Timeline(View(story.stream, day(0)), [])
    assert (empty.entries(), empty.changes_at) == ([], None)


def test_erased_words_leave_the_story_as_it_is() -> None:
    def story(words: str) -> list[EventTold]:
        return events(a_told(force("f", "push", 4), objection("o", statement=words, day=1), noted(words, day=2)), 3)

    erased, whole = story(ERASED), story("Words")
    assert [(one.at, one.effect, one.learned_later) for one in erased] == [
        (one.at, one.effect, one.learned_later) for one in whole
    ]
    assert [one.summary for one in erased][-2:] == ["The buyer raised an objection about the process", "A note"]


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(0, 40), st.integers(1, 7))
def test_pages_in_both_directions_hold_every_entry_once(happened: list[Any], number: int, size: int) -> None:
    story = tell(happened)
    stream = standing(story)
    assert stream.last_at is not None
    view = View(stream, max(day(number), stream.last_at))
    timeline = Timeline(view, known(story.records, None))
    whole = timeline.entries()
    assert [one.at for _, one in whole] == sorted(one.at for _, one in whole)
    assert len({place for place, _ in whole}) == len(whole)
    for backward in (False, True):
        found: list[Any] = []
        place = None
        while page := timeline.entries(size, after=place, backward=backward):
            found += page
            place = page[-1][0]
        assert found == (whole[::-1] if backward else whole)
    silent = [one for _, one in whole if isinstance(one, SilenceTold) and one.until is None]
    assert [one.at for one in silent] == [one.since for one in signals(view).signals if one.name == "silence"]
    if timeline.changes_at is not None:
        assert timeline.changes_at >= view.at


# -- above the line


def test_the_header_tells_the_course_at_a_glance() -> None:
    def insight(**more: Any) -> Proposal:
        said = {"kind": "pain", "statement": "Nights", "subject": "buyer", "uncovered_by": "buyer"}
        return fact("insight.recorded", **said, **more)

    deal = a_told(
        fact("stage.entered", stage="deciding", day=1),
        fact("intent.declared", by=SELLER, intent="close", day=1),
        fact("intent.declared", by=BUYER, intent="learn", day=1),
        fact("intent.declared", by=SELLER, intent="help", day=2),
        insight(method="journal", day=2),
        insight(method="journal", day=2),
        insight(day=2),
        fact("confidence.stated", about="The pilot", value=8, on_behalf_of=BUYER, day=2),
        fact("qualification.updated", topic="spend", status="stated", day=3),
        fact("confidence.stated", about="The pilot", value=5, on_behalf_of=BUYER, day=4),
    )
    ids = [record.fact.event_id for record in deal.records[4:]]
    found = header(View(standing(deal), day(5)))
    assert found.stages == [StageReached(stage="deciding", at=day(1), event_id=ids[0])]
    assert found.intents == [
        IntentSaid(party_id=SELLER, intent="close", was=None, at=day(1), event_id=ids[1]),
        IntentSaid(party_id=BUYER, intent="learn", was=None, at=day(1), event_id=ids[2]),
        IntentSaid(party_id=SELLER, intent="help", was="close", at=day(2), event_id=ids[3]),
    ]
    assert found.methods == [
        MethodUsed(method="journal", insights=2, by_agents=0),
        MethodUsed(method=None, insights=1, by_agents=0),
    ]
    assert [(one.value, one.known, one.expected_dip) for one in found.confidence] == [(8, 0, False), (5, 1, True)]


def test_the_header_has_progress_and_gaps() -> None:
    said = {"statement": "x", "subject": "buyer", "uncovered_by": "buyer"}
    deal = a_told(
        fact("insight.recorded", kind="progress", from_state="Nights", to_state="Evenings", **said),
        fact("insight.recorded", kind="said_vs_valued", said="Price", valued="Sleep", **said),
    )
    found = header(View(standing(deal), day(1)))
    assert [(one.from_state, one.to_state) for one in found.progress] == [("Nights", "Evenings")]
    assert [(one.said, one.valued, one.open) for one in found.gaps] == [("Price", "Sleep", True)]
    assert header(View(standing(a_goal()), day(1))).stages == []
