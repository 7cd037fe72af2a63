"""What holds for all rules of trust: what never costs, what counts once, what is not so any more."""

from tests.domain.telling import (
    BUYER,
    THE_COACH,
    corrected,
    day,
    fact,
    known_as,
    objection,
    on_objection,
    on_promise,
    promise,
    voided,
)
from tests.projections.evidence import asked, leg, rows_of
from tests.projections.judged import LATER, STATED, by_buyer, deal, due, short, verified

# -- what never costs


def test_t26_speaking_up_never_costs_trust() -> None:
    story = deal(
        objection("o"),
        fact("no.received", no_id=known_as("n"), scope="deal", kind="final", said_by=BUYER, statement="Never"),
        fact("hesitation.noticed", hesitation_id=known_as("h"), signal="vagueness"),
        fact("force.observed", force_id=known_as("f"), force="anxiety", statement="Change", intensity=5),
        fact("trust.rated", dimension="seller", rating=0),
        fact("value_check.answered", question="worth_it", answer="no"),
    )
    assert short(story, 6) == []
    assert asked(story, day(6)).label == "unknown"


# -- what counts once, and what is capped


def test_what_follows_from_the_same_point_counts_once() -> None:
    story = deal(objection("o", dimension="product", day=1), STATED)
    resolved = story.tell(on_objection("resolved", "o", day=2, visibility="shared"), at=LATER)[0]
    by_buyer(story, verified("yes", day=3, causation_id=resolved.event_id))
    found = leg(asked(story, day(3)), "product")
    assert [(one.rule, one.counted_for) for one in found.rows] == [("T10", 0), ("T19", 1)]
    assert found.evidence_for == 1
    apart = deal(objection("o", dimension="product", day=1), STATED, on_objection("resolved", "o", day=2))
    by_buyer(apart, verified("yes", day=3))
    assert leg(asked(apart, day(3)), "product").evidence_for == 1.248082


def test_a_promise_that_follows_from_another_counts_by_itself() -> None:
    story = deal(promise("p"))
    first = story.tell(on_promise("fulfilled", "p"))[0]
    story.tell(promise("q", causation_id=first.event_id), on_promise("fulfilled", "q"))
    assert leg(asked(story, day(0))).evidence_for == 1


def test_evidence_for_by_one_party_on_one_day_is_capped() -> None:
    story = deal(*(promise(f"p{n}") for n in range(6)), *(on_promise("fulfilled", f"p{n}", day=1) for n in range(6)))
    found = leg(asked(story, day(1)))
    assert found.evidence_for == 2
    assert {one.counted_for for one in found.rows} == {0.666666666667}
    by_buyer(story, *(on_promise("confirmed", f"p{n}", by=BUYER, day=1) for n in range(3)))
    assert leg(asked(story, day(1))).evidence_for == 3.5, "each party has a day of their own"


def test_evidence_against_is_not_capped() -> None:
    story = deal(*(promise(f"p{n}", due_at=due(5)) for n in range(6)))
    assert leg(asked(story, day(6))).evidence_against == 6


# -- what is not so any more


def test_a_void_takes_its_row_exactly_out() -> None:
    told = [promise("p"), on_promise("fulfilled", "p", day=2)]
    without = deal(*told)
    story = deal(*told, promise("q"))
    kept = story.tell(on_promise("fulfilled", "q", day=3), at=LATER)[0]
    assert asked(story, day(9)) != asked(without, day(9))
    story.tell(voided(kept.event_id), at=LATER)
    assert asked(story, day(9)).dimensions[0].score == asked(without, day(9)).dimensions[0].score
    story_rows = [one.event_id for one in rows_of(story, day(9))]
    assert kept.event_id not in story_rows
    assert len(story_rows) == 1


def test_a_correction_counts_as_corrected() -> None:
    story = deal()
    pressed = story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller"))[0]
    presented = story.tell(fact("feature.presented", feature="Swaps", requested=True))[0]
    assert [one[0] for one in short(story)] == ["T17"]
    story.tell(corrected(presented.event_id, {"feature": "Swaps", "requested": False}))
    assert sorted(one[0] for one in short(story)) == ["T17", "T18"]
    assert pressed.event_id in {one.event_id for one in rows_of(story, day(9))}


def test_what_cannot_be_seen_is_no_evidence() -> None:
    story = deal(promise("p", due_at=due(5)))
    story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", visibility="private"))
    story.records = story.seen_by(THE_COACH)
    assert [one[0] for one in short(story)] == ["T4"]
