"""What went together over many deals, and that nobody is told what to make of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json, structs, to_builtins

from domain.facts import Proposal
from projections.coaching import LensAndConfidence
from projections.deal_figures import DealFigures, MotiveSeen, deal_figures
from projections.patterns import (
    AssumptionsOverDeals,
    DealsAlike,
    MotivesOfMonth,
    NoesByInvitation,
    Pattern,
    Patterns,
    patterns,
)
from projections.right_deal import right_deal
from tests.domain.telling import BUYER, COACH, SELLER, Story, a_deal, day, fact, joined, known_as
from tests.projections.buying import topic
from tests.projections.standing import asked, no

NOTHING = DealFigures(
    segment=None,
    outcome=None,
    verdict="undecided",
    pressure=0,
    help=0,
    topics=None,
    decider_coverage=None,
    first_no=None,
    final_no=None,
    invited=False,
    motives=[],
    lenses=[],
    assumptions={},
)


def seen(story: Story, **when: Any) -> DealFigures:
    return deal_figures(asked(story, **when))


def closed(outcome: str = "won", **more: Any) -> Proposal:
    return fact("deal.closed", outcome=outcome, **more)


def pushed(**more: Any) -> Proposal:
    return fact("pressure.applied", kind="quarter_end", beneficiary="seller", **more)


def helped(**more: Any) -> Proposal:
    return fact("help.given", to=BUYER, kind="advice", **more)


def motive(layer: str, party: UUID = BUYER, **more: Any) -> Proposal:
    said = {"basis": "stated", "polarity": "served", **more}
    return fact("motive.recorded", party_id=party, layer=layer, statement="To be home", **said)


def measured(how: str, name: str = "o") -> list[Proposal]:
    return [
        fact("outcome.defined", outcome_id=known_as(name), measure="Shifts filled", target=95),
        fact("outcome.measured", outcome_id=known_as(name), value=96, verdict=how),
    ]


def a_closed_deal(right: bool | None, *told: Proposal) -> DealFigures:
    deal = a_deal(*told, closed())
    if right is not None:
        deal.tell(*measured("achieved" if right else "missed"))
    return seen(deal)


def table(found: Patterns, name: str) -> Pattern:
    return next(one for one in found.tables if one.name == name)


def filled(pattern: Pattern) -> dict[str, tuple[int, int, int]]:
    """The groups that have deals: how many, and of them right and wrong."""
    return {one.group: (one.deals, one.right, one.wrong) for one in pattern.groups if one.deals}


# -- one deal


def test_an_open_deal_has_no_figures_of_its_close() -> None:
    found = seen(a_deal(topic("spend"), pushed(), helped(), fact("deal.changed", segment="mid-market")))
    assert found == structs.replace(NOTHING, segment="mid-market", pressure=1, help=1, lenses=found.lenses)
    assert [row.asked for row in found.lenses] == [0, 0, 0]


def test_a_closed_deal_is_seen_as_it_was_at_its_close() -> None:
    deal = a_deal(joined(BUYER, "buyer", roles=["economic_buyer"]))
    deal.tell(topic("spend", day=1), pushed(day=1), helped(day=1), motive("ego", day=2), closed(day=3))
    deal.tell(joined(BUYER, "buyer", roles=["user"], day=4))
    deal.tell(topic("problem", day=4), pushed(day=4), helped(day=4), motive("personal", day=4))
    found = seen(deal)
    assert (found.outcome, found.topics, found.decider_coverage) == ("won", 1, 0.2)
    assert (found.pressure, found.help) == (1, 1)
    deal.tell(fact("deal.reopened", reason="Thawed", day=5))
    assert (seen(deal).outcome, seen(deal).topics, seen(deal).pressure) == (None, None, 2)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], "undecided"),
        (measured("open"), "undecided"),
        (measured("achieved"), "right"),
        (measured("missed"), "wrong"),
        ([*measured("missed"), *measured("achieved")[1:]], "right"),
        ([*measured("achieved"), *measured("missed", "p")], "wrong"),
        ([*measured("achieved"), fact("renewal.decided", renewed=False)], "wrong"),
        ([fact("renewal.decided", renewed=True)], "undecided"),
        ([*measured("achieved"), fact("renewal.decided", renewed=False), fact("customer.returned")], "right"),
        (
            [fact("renewal.decided", renewed=False), *measured("achieved"), fact("renewal.decided", renewed=True)],
            "right",
        ),
    ],
)
def test_C29_right_is_what_came_of_it(told: list[Proposal], expected: str) -> None:
    deal = a_deal(closed())
    for one in told:
        deal.tell(one)
    assert seen(deal).verdict == right_deal(asked(deal)).verdict == expected


def test_D12_how_long_until_a_no_and_whether_it_was_invited() -> None:
    deal = a_deal(no("a", said_by=SELLER, day=1), no("b", day=2), no("c", kind="final", day=5))
    found = seen(deal)
    assert (found.first_no, found.final_no, found.invited) == (timedelta(2), timedelta(5), False)
    deal.tell(fact("no.invited", by=SELLER, day=3))
    assert not seen(deal).invited
    deal.tell(fact("no.invited", by=SELLER, day=2))
    assert seen(deal).invited
    assert seen(a_deal(fact("no.invited", by=SELLER))).invited


# -- many deals


def test_of_no_deals_nothing_is_said_but_the_tables_are_there() -> None:
    nothing = patterns([])
    assert (nothing.deals, nothing.closed, nothing.decided, nothing.motives) == (0, 0, 0, [])
    assert [(one.name, len(one.groups), one.gamma, one.pairs) for one in nothing.tables] == [
        ("pressure", 4, None, 0),
        ("help", 4, None, 0),
        ("motives", 4, None, 0),
        ("topics", 6, None, 0),
    ]
    assert nothing.tables[0].groups[0] == DealsAlike(
        group="0",
        deals=0,
        outcomes={"won": 0, "lost": 0, "no_decision": 0, "disqualified": 0, "referred_out": 0},
        right=0,
        wrong=0,
        undecided=0,
        right_share=None,
    )
    assert nothing.noes[0] == NoesByInvitation(
        invited=True, deals=0, with_a_no=0, first_no_days=None, with_a_final_no=0, final_no_days=None
    )
    assert nothing.assumptions.wrong_share is None


def test_every_table_says_what_it_may_speak_for_and_that_it_proves_nothing() -> None:
    found = patterns([])
    assert "do not show that one made the other" in found.caution
    said = [*(one.hypothesis for one in found.tables), found.noes_hypothesis, found.lens_hypothesis]
    assert len({*said, found.assumptions.hypothesis}) == 7


def test_D18_the_verdict_by_pressure() -> None:
    found = patterns(
        [
            a_closed_deal(True),
            a_closed_deal(True, pushed()),
            a_closed_deal(False, pushed(), pushed(), pushed(), pushed()),
            a_closed_deal(False, pushed()),
            a_closed_deal(None, pushed()),
            NOTHING,
        ]
    )
    assert (found.deals, found.closed, found.decided) == (6, 5, 4)
    pressure = table(found, "pressure")
    assert filled(pressure) == {"0": (1, 1, 0), "1": (3, 1, 1), "3 or more": (1, 0, 1)}
    assert [one.right_share for one in pressure.groups] == [1, 0.5, None, 0]
    assert [one.outcomes["won"] for one in pressure.groups] == [1, 3, 0, 1]
    assert [one.undecided for one in pressure.groups] == [0, 1, 0, 0]
    # of the four pairs of a right and a wrong deal one is tied, and in three the right one had less
    assert (pressure.gamma, pressure.pairs) == (-1, 3)


def test_D19_the_verdict_by_help() -> None:
    found = patterns(
        [a_closed_deal(True, helped(), helped()), a_closed_deal(False), a_closed_deal(False, *[helped()] * 3)]
    )
    assert filled(table(found, "help")) == {"0": (1, 0, 1), "2": (1, 1, 0), "3 or more": (1, 0, 1)}
    assert (table(found, "help").gamma, table(found, "help").pairs) == (0, 2)


def test_B14_outcomes_by_what_was_known_of_the_deciders() -> None:
    decides = joined(BUYER, "buyer", roles=["buyer"])
    layers = ("relational", "user_centered", "professional")
    lost = seen(a_deal(decides, closed("lost")))
    found = patterns(
        [
            a_closed_deal(None),
            lost,
            a_closed_deal(False, decides, motive("ego", basis="inferred")),
            a_closed_deal(True, decides, motive("ego"), motive("personal")),
            a_closed_deal(True, decides, *map(motive, layers)),
        ]
    )
    motives = table(found, "motives")
    assert filled(motives) == {
        "no decider": (1, 0, 0),
        "none": (2, 0, 1),
        "up to half": (1, 1, 0),
        "more than half": (1, 1, 0),
    }
    assert (motives.groups[1].outcomes["lost"], motives.groups[1].outcomes["won"]) == (1, 1)
    assert (motives.gamma, motives.pairs) == (1, 2)


def test_P21_the_verdict_by_topics_known_at_the_close() -> None:
    found = patterns([a_closed_deal(True, topic("spend"), topic("problem")), a_closed_deal(False, topic("spend"))])
    assert filled(table(found, "topics")) == {"1": (1, 0, 1), "2": (1, 1, 0)}
    assert (table(found, "topics").gamma, table(found, "topics").pairs) == (1, 1)


def test_D12_noes_come_when_they_are_invited() -> None:
    invited, uninvited = (structs.replace(NOTHING, invited=which) for which in (True, False))
    found = patterns(
        [
            structs.replace(invited, first_no=timedelta(2), final_no=timedelta(5)),
            structs.replace(invited, first_no=timedelta(3)),
            invited,
            structs.replace(uninvited, first_no=timedelta(9)),
        ]
    )
    assert found.noes == [
        NoesByInvitation(invited=True, deals=3, with_a_no=2, first_no_days=2.5, with_a_final_no=1, final_no_days=5),
        NoesByInvitation(invited=False, deals=1, with_a_no=1, first_no_days=9, with_a_final_no=0, final_no_days=None),
    ]


def test_C24_assumptions_over_all_deals() -> None:
    deals = [
        structs.replace(NOTHING, assumptions={"wrong": 2, None: 1}),
        structs.replace(NOTHING, assumptions={"wrong": 1, "held": 2, "unclear": 1}),
    ]
    found = patterns(deals).assumptions
    assert found == AssumptionsOverDeals(
        hypothesis=found.hypothesis, held=2, wrong=3, unclear=1, untested=1, wrong_share=0.5
    )
    story = a_deal(fact("assumption.recorded", statement="They will not open an app"))
    assert seen(story).assumptions == {None: 1}


def test_D3_confidence_by_lens_over_all_deals() -> None:
    def told() -> list[Proposal]:
        return [
            fact("confidence.stated", about="Me", value=7),
            fact("coaching.asked", coach=COACH, coachee=SELLER, lens="close", question="When will it close?"),
            fact("confidence.stated", about="Me", value=5),
        ]

    close, help_, learn = patterns([seen(a_deal(*told())), seen(a_deal(*told()))]).lens_and_confidence
    assert close == LensAndConfidence(lens="close", asked=2, compared=2, rose=0, fell=2, same=0)
    assert (help_.lens, help_.asked, learn.lens, learn.compared) == ("help", 0, "learn", 0)


def test_A17_motives_by_month_and_segment() -> None:
    def deal(segment: str | None, *told: Proposal) -> DealFigures:
        story = a_deal(*told)
        if segment is not None:
            story.tell(fact("deal.changed", segment=segment))
        return seen(story)

    found = patterns(
        [
            deal(
                "mid", motive("ego", polarity="threatened", day=40), motive("ego", day=41), motive("relational", day=1)
            ),
            deal("mid", motive("ego", day=1)),
            deal(None, motive("ego", day=1), motive("ego", SELLER, day=1)),
            deal("mid", motive("ego", day=2)),
        ]
    )
    row = {"threatened": 0, "deals": 1, "motives": 1, "layer": "ego"}
    assert to_builtins(found.motives) == [
        {"month": "2026-03", "segment": None} | row,
        {"month": "2026-03", "segment": "mid"} | row | {"layer": "relational"},
        {"month": "2026-03", "segment": "mid"} | row | {"motives": 2, "deals": 2},
        {"month": "2026-04", "segment": "mid"} | row | {"motives": 2, "threatened": 1},
    ]
    assert isinstance(found.motives[0], MotivesOfMonth)
    assert MotiveSeen("2026-04", "ego", True) in seen(a_deal(motive("ego", polarity="threatened", day=40))).motives


FIGURES = st.builds(
    lambda outcome, verdict, pressure, coverage, month: structs.replace(
        NOTHING,
        outcome=outcome,
        verdict=verdict,
        pressure=pressure,
        topics=pressure,
        decider_coverage=coverage,
        motives=[MotiveSeen(month, "ego", False)],
    ),
    st.sampled_from(["won", "lost"]),
    st.sampled_from(["right", "wrong", "undecided"]),
    st.integers(0, 5),
    st.sampled_from([None, 0.0, 0.2, 0.5, 1.0]),
    st.sampled_from(["2026-03", "2026-04"]),
)


@given(st.lists(FIGURES, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_the_deals_is_nothing(deals: list[DealFigures], chance: Any) -> None:
    shuffled = list(deals)
    chance.shuffle(shuffled)
    found = patterns(deals)
    assert patterns(shuffled) == found
    assert json.decode(json.encode(found), type=Patterns) == found
    for one in found.tables:
        assert sum(group.deals for group in one.groups) == found.closed
        assert one.gamma is None or -1 <= one.gamma <= 1
    pressure = table(found, "pressure")
    right = [deal.pressure for deal in deals if deal.verdict == "right"]
    wrong = [deal.pressure for deal in deals if deal.verdict == "wrong"]
    pairs = [(more > less) - (more < less) for more in right for less in wrong if more != less]
    assert pressure.pairs == len(pairs)
    assert pressure.gamma == (round(sum(pairs) / len(pairs), 6) if pairs else None)


def test_what_happened_after_a_day_is_not_in_its_patterns() -> None:
    deal = a_deal(pushed(day=1), closed(day=3))
    assert (seen(deal, as_of=day(2)).outcome, seen(deal, as_of=day(0)).pressure) == (None, 0)
