"""Noes: the map that they draw, what they brought to light, and what was ruled out."""

from typing import Any

from domain.facts import Proposal
from projections.noes import SCOPES, Alternative, Invitation, Noes, Revelation, noes
from tests.domain.telling import (
    BUYER,
    DAY_0,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    objection,
    voided,
)
from tests.projections.standing import asked, erased, force, no, on, wordless


def asked_at(story: Story, number: float = 60) -> Noes:
    return noes(asked(story, day(number)))


def volunteered(when: float, **more: Any) -> Proposal:
    said = {"kind": "pain", "statement": "Nights go unfilled", "subject": "buyer", "uncovered_by": "buyer", **more}
    return fact("insight.recorded", day=when, **said)


def considered(name: str, kind: str, when: float) -> Proposal:
    return fact("alternative.considered", alternative_id=known_as(name), kind=kind, name=name, day=when)


def eliminated(name: str, when: float) -> Proposal:
    said = {"reason": f"Nobody trusts {name}", "by": BUYER}
    return fact("alternative.eliminated", alternative_id=known_as(name), **said, day=when)


def a_refused_deal() -> Story:
    story = a_deal(force("fear", "anxiety", 3), force("custom", "habit", 2), objection("risk"))
    reveals = [
        {"kind": "force", "id": known_as("fear")},
        {"kind": "force", "id": known_as("custom")},
        {"kind": "objection", "id": known_as("risk")},
        {"kind": "topic", "id": "timeline"},
    ]
    story.tell(
        no("ours", said_by=SELLER, scope="feature", kind="final", day=1),
        no("peak", day=3, reveals=reveals, condition="When it is over", revisit_at=on("2026-09-01")),
        no("cost", said_by=USER, scope="price", kind="conditional", day=4),
        no("all", scope="deal", kind="final", day=12),
        fact("no.lifted", no_id=known_as("peak"), because="It ended early", day=20),
    )
    return story


def test_a_deal_on_which_nobody_said_no() -> None:
    found = asked_at(a_deal())
    assert [row.scope for row in found.grid] == list(SCOPES)
    assert all(row.final == row.conditional == row.deferral == row.standing == 0 for row in found.grid)
    assert (found.received, found.standing, found.revealing, found.information_yield) == (0, 0, 0, None)
    assert (found.time_to_first_no_days, found.time_to_final_no_days) == (None, None)
    assert (found.outcome, found.days_to_close, found.openness) == (None, None, None)
    assert (found.eliminated, found.still_standing, found.invitations, found.noes) == ([], [], [], [])


def test_one_no_with_all_that_it_brought_to_light() -> None:
    peak = asked_at(a_refused_deal()).noes[1]
    assert (peak.no_id, peak.scope, peak.kind, peak.said_by, peak.side) == (
        known_as("peak"),
        "timing",
        "deferral",
        BUYER,
        "buyer",
    )
    assert (peak.said_at, peak.statement, peak.condition) == (day(3), "Not before the peak is over", "When it is over")
    assert peak.revisit_at is not None
    assert peak.revisit_at.isoformat() == "2026-09-01T22:00:00+00:00"  # the day is over in Amsterdam
    assert peak.reveals == [
        Revelation(kind="force", id=known_as("fear"), detail="anxiety"),
        Revelation(kind="force", id=known_as("custom"), detail="habit"),
        Revelation(kind="objection", id=known_as("risk"), detail="risk"),
        Revelation(kind="topic", id=None, detail="timeline"),
    ]
    assert (peak.standing, peak.lifted_at, peak.because, len(peak.evidence)) == (False, day(20), "It ended early", 2)


def test_c17_what_the_noes_were_worth() -> None:
    found = asked_at(a_refused_deal())
    assert (found.received, found.standing, found.revealing, found.information_yield) == (4, 3, 1, 0.25)


def test_c19_the_grid_says_where_the_noes_are_and_what_they_revealed() -> None:
    rows = {row.scope: row for row in asked_at(a_refused_deal()).grid}
    timing = rows["timing"]
    assert (timing.final, timing.conditional, timing.deferral, timing.standing) == (0, 0, 1, 0)
    assert (timing.anxieties, timing.habits, timing.pushes, timing.pulls) == (1, 1, 0, 0)
    assert (timing.objections, timing.topics) == (1, 1)
    assert (rows["price"].conditional, rows["price"].standing, rows["deal"].final) == (1, 1, 1)
    assert sum(row.final + row.conditional + row.deferral for row in rows.values()) == 4


def test_pushes_and_pulls_are_revealed_too() -> None:
    story = a_deal(force("need", "push", 3), force("hope", "pull", 2))
    story.tell(no("n", reveals=[{"kind": "force", "id": known_as(name)} for name in ("need", "hope")]))
    timing = next(row for row in asked_at(story).grid if row.scope == "timing")
    assert (timing.pushes, timing.pulls) == (1, 1)


def test_d12_time_to_a_no_is_the_buyers() -> None:
    found = asked_at(a_refused_deal())
    assert (found.time_to_first_no_days, found.time_to_final_no_days) == (3.0, 12.0)
    assert asked_at(a_deal(no("ours", said_by=SELLER, kind="final", day=1))).time_to_first_no_days is None


def test_on_a_goal_the_owner_says_no() -> None:
    story = a_goal(no("evenings", said_by=SELLER, scope="step", kind="final", day=2))
    assert asked_at(story).time_to_final_no_days == 2.0


def test_c2_how_the_deal_ended_stands_beside_the_noes() -> None:
    story = a_refused_deal()
    story.tell(fact("deal.closed", outcome="no_decision", day=30))
    assert (asked_at(story).outcome, asked_at(story).days_to_close) == ("no_decision", 30.0)
    story.tell(fact("deal.reopened", reason="The budget came", day=31))
    assert (asked_at(story).outcome, asked_at(story).days_to_close) == (None, None)


def test_c18_what_was_ruled_out_in_which_order_and_what_still_stands() -> None:
    story = a_deal(
        considered("wall chart", "status_quo", 1),
        considered("own tool", "in_house", 2),
        considered("rival", "competitor", 3),
        eliminated("rival", 5),
        eliminated("wall chart", 8),
    )
    found = asked_at(story)
    assert [one.name for one in found.eliminated] == ["rival", "wall chart"]
    rival = found.eliminated[0]
    assert (rival.alternative_id, rival.kind, rival.reason, rival.by) == (
        known_as("rival"),
        "competitor",
        "Nobody trusts rival",
        BUYER,
    )
    assert (rival.considered_at, rival.eliminated_at, len(rival.evidence)) == (day(3), day(5), 2)
    left = story.records[5].fact.event_id
    assert found.still_standing == [
        Alternative(
            alternative_id=known_as("own tool"),
            kind="in_house",
            name="own tool",
            considered_at=day(2),
            eliminated_at=None,
            reason=None,
            by=None,
            evidence=[left],
        )
    ]


def test_d7_what_the_buyer_volunteers_before_and_after_a_no_was_invited() -> None:
    story = a_deal(
        volunteered(1),  # more than a fortnight before
        volunteered(15),
        fact("no.invited", by=SELLER, day=20),
        volunteered(20),
        volunteered(30),
        volunteered(34),  # the last moment of the fortnight
        volunteered(34.5),
        volunteered(25, uncovered_by="seller"),
    )
    found = asked_at(story)
    assert found.invitations == [
        Invitation(event_id=story.records[6].fact.event_id, by=SELLER, at=day(20), before=1, after=3)
    ]
    assert found.openness == 2.0


def test_what_answers_a_question_was_not_volunteered_but_a_deeper_why_was() -> None:
    question = fact("question.asked", question_id=known_as("q"), text="Why?", asked_of=BUYER, intent="learn", day=1)
    story = a_deal(question, fact("no.invited", by=SELLER, day=2))
    story.tell(volunteered(3, answers=known_as("q"), insight_id=known_as("first")))
    story.tell(volunteered(4, answers=known_as("first"), kind="why"))
    assert asked_at(story).openness == 1.0


def test_openness_is_the_mean_over_the_invitations() -> None:
    story = a_deal(fact("no.invited", by=SELLER, day=1), volunteered(2), fact("no.invited", by=SELLER, day=40))
    assert asked_at(story, 80).openness == 0.5


def test_as_it_was_before_the_no_was_lifted() -> None:
    found = noes(asked(a_refused_deal(), as_of=day(5)))
    assert (found.received, found.standing, found.time_to_final_no_days) == (3, 3, None)


def test_a_voided_no_was_never_said() -> None:
    story = a_refused_deal()
    before = asked_at(story)
    said = story.tell(no("mistaken", scope="meeting", day=30))[0]
    assert asked_at(story).received == 5
    story.tell(voided(said.event_id), at=day(31))
    assert asked_at(story) == before


def test_erased_words_change_no_figure() -> None:
    story = a_refused_deal()
    story.tell(considered("rival", "competitor", 3), eliminated("rival", 5), fact("no.invited", by=SELLER, day=6))
    now = noes(erased(story, day(60)))
    assert (now.noes[0].statement, now.eliminated[0].name, now.eliminated[0].reason) == (None, None, None)
    assert wordless(story, now) == wordless(story, asked_at(story))
    assert asked_at(story).noes[0].said_at > DAY_0
