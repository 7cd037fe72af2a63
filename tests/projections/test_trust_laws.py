"""What holds of trust whatever happened: no digit depends on order, on when it was asked, or on who adds up."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import ERASED, Proposal
from domain.refusals import Refusal
from domain.stream import Stream, evolve, initial
from projections.trust.evidence import Evidence, gather, microseconds, weigh
from projections.trust.opinion import UNIT, masses, rounded
from projections.trust.policy import TRUST_1
from projections.trust.rows import Row
from projections.trust.score import DimensionTrust, Trust, headline, opinions, trust, trust_of
from projections.view import View
from tests.domain.telling import Story, a_deal, a_goal, day, fact, known_as, objection, on_promise, promise, voided
from tests.projections.evidence import asked, kept, leg, on_day, row, uncapped
from tests.projections.standing import checkin, routine, standing
from tests.projections.test_any_history import HISTORIES, tell
from tests.projections.test_trust_changes import moves, practised, told

ROWS = st.lists(
    st.builds(
        row,
        st.floats(0, 300),
        st.sampled_from([0, 0.125, 0.25, 0.5, 1, 2]),
        st.sampled_from([0, 0.25, 0.5, 1, 2]),
        ages_from=st.sampled_from([-1, -1, -1, None]),
        dimension=st.sampled_from(["seller", "product"]),
        number=st.integers(0, 9),
    ),
    max_size=30,
)


@given(ROWS, st.randoms(use_true_random=False), st.floats(0, 900))
def test_every_order_of_the_same_rows_gives_the_same_digits(rows: list[Row], chance: Any, number: float) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    found, other = (
        trust_of(Evidence("deal", TRUST_1, tuple(weigh(some, TRUST_1)), None), on_day(number))
        for some in (rows, shuffled)
    )
    assert [figures(one) for one in found.dimensions] == [figures(one) for one in other.dimensions]


def figures(one: DimensionTrust) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(one).items() if name != "rows"}


@given(ROWS, st.floats(0, 900))
def test_the_explanation_adds_up(rows: list[Row], number: float) -> None:
    for one in trust_of(uncapped(rows), on_day(number)).dimensions:
        for_score = sum((Decimal(str(part.mass_for)) for part in one.rows), Decimal(0))
        against = sum((Decimal(str(part.mass_against)) for part in one.rows), Decimal(0))
        prior = Decimal(str(one.prior_mass))
        near = Decimal("1e-12") * (len(one.rows) + 1)
        assert abs(for_score + against + prior - 1) <= near
        assert abs(for_score + prior / 2 - Decimal(str(one.score))) <= near + Decimal("5e-7")
        for part in one.rows:
            counted = Fraction(str(part.weight_for)) * Fraction(str(part.counted_for)) * Fraction(str(part.factor))
            whole = Fraction(str(one.evidence_for)) + Fraction(str(one.evidence_against)) + 2
            assert abs(counted / whole - Fraction(str(part.mass_for))) < Fraction(2, 10**6)


@given(ROWS, st.floats(0, 400))
def test_an_effect_is_the_score_minus_the_score_without_the_row(rows: list[Row], number: float) -> None:
    rows = [msgspec.structs.replace(one, event_id=known_as(str(nth))) for nth, one in enumerate(rows)]
    whole = uncapped(rows)
    found = leg(trust_of(whole, on_day(number)))
    before = opinions(whole, on_day(number))["seller"].score
    for part in found.rows[:4]:
        without = uncapped([one for one in rows if one.event_id != part.event_id])
        difference = before - opinions(without, on_day(number))["seller"].score
        assert rounded(difference.numerator, difference.denominator) == part.effect


@given(ROWS, st.integers(0, 400), st.integers(0, 200 * 86_400))
def test_a_client_can_roll_the_score_forward(rows: list[Row], number: int, seconds: int) -> None:
    rows = [one for one in rows if one.starts_at <= on_day(number)]
    now, later = (trust_of(uncapped(rows), at) for at in (on_day(number), on_day(number) + timedelta(seconds=seconds)))
    for one, then in zip(now.dimensions, later.dimensions, strict=True):
        k = 2 ** (-seconds / (86_400 * one.half_life_days))
        a_w = one.base_rate * one.prior_weight
        fading = k * (one.for_aging + one.against_aging)
        rolled = (one.for_open + k * one.for_aging + a_w) / (
            one.for_open + one.against_open + fading + one.prior_weight
        )
        assert abs(rolled - then.score) < 1e-6


@given(ROWS, st.floats(0, 400))
def test_shares_are_whole_and_the_headline_is_the_weakest_leg(rows: list[Row], number: float) -> None:
    evidence = uncapped(rows)
    found, short = trust_of(evidence, on_day(number)), headline(evidence, on_day(number))
    weakest = leg(found, found.weakest_dimension)
    assert (short.weakest_dimension, short.score, short.uncertainty, short.label) == (
        found.weakest_dimension,
        found.overall,
        weakest.uncertainty,
        found.label,
    )
    assert found.overall == min(one.score for one in found.dimensions) == weakest.score
    for one in found.dimensions:
        assert abs(one.belief + one.disbelief + one.uncertainty - 1) < 2e-6
        assert 0 <= one.low <= one.high <= 1
        assert (one.label == "unknown") == (one.certainty < 0.2) or abs(one.certainty - 0.2) < 1e-6
        if one.label in ("trusted", "distrusted"):
            assert one.low >= 0.5 or one.high <= 0.5
        assert opinions(evidence, on_day(number))[one.dimension].prior == 2 * UNIT


# -- whatever happened


@settings(max_examples=60, deadline=None)
@given(st.lists(moves(), max_size=16), st.integers(0, 30))
def test_evidence_kept_until_a_fact_comes_says_the_same_at_any_moment(happened: list[Proposal], number: int) -> None:
    stream = standing(told(happened))
    assert stream.last_at is not None
    kept_since = gather(stream, TRUST_1, stream.last_at)
    at = stream.last_at + timedelta(days=number)
    assert trust_of(kept_since, at) == trust(View(stream, at))


@settings(max_examples=60, deadline=None)
@given(st.lists(practised(), max_size=12), st.integers(0, 72))
def test_evidence_of_practice_is_good_until_it_says(happened: list[Proposal], hours: int) -> None:
    stream = standing(told([routine("a", "UTC"), *happened], goal=True))
    assert stream.last_at is not None
    evidence = gather(stream, TRUST_1, stream.last_at)
    at = stream.last_at + timedelta(hours=hours)
    if evidence.good_until is None or at < evidence.good_until:
        assert trust_of(evidence, at) == trust(View(stream, at))


@settings(max_examples=60, deadline=None)
@given(st.lists(moves(), min_size=1, max_size=16), st.integers(0, 60))
def test_a_label_holds_until_it_says_that_it_changes(happened: list[Proposal], number: int) -> None:
    stream = standing(told(happened))
    found = trust(View(stream, day(10 + number)))
    assert stream.last_at is not None
    if found.changes_at is None:
        return
    assert found.changes_at > found.at
    just_before = trust(View(stream, found.changes_at - timedelta(seconds=2)))
    if just_before.at > found.at:
        assert words(just_before) == words(found)


def words(found: Trust) -> Any:
    """What is said in words, and which rows count."""
    return found.weakest_dimension, [(one.label, len(one.rows)) for one in found.dimensions]


@settings(max_examples=60, deadline=None)
@given(st.lists(moves(), max_size=14), st.integers(0, 20))
def test_a_void_is_as_if_it_had_never_been_recorded(happened: list[Proposal], which: int) -> None:
    """Of facts that nothing refers to: pressure is one."""
    story, clean = a_deal(), a_deal()
    wrong = None
    for nth, one in enumerate(happened):
        if nth == which % len(happened):
            wrong = story.tell(fact("pressure.applied", kind="chasing", beneficiary="seller", day=3), at=day(40))[0]
        event = msgspec.structs.replace(one, event_id=known_as(f"event {nth}"))
        for told_to in (story, clean):
            try:
                told_to.tell(event, at=day(40))
            except Refusal:
                continue
    if wrong is not None:
        story.tell(voided(wrong.event_id), at=day(40))
    assert asked(story, day(40)) == asked(clean, day(40))


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_facts_recorded_one_by_one_or_folded_anew_give_the_same(happened: list[Proposal | int]) -> None:
    stream = standing(tell(happened))
    one_by_one: Stream = initial(stream.stream_id)
    for one in stream.facts:
        evolve(one_by_one, one)
    assert trust(View(one_by_one, day(50))) == trust(View(stream, day(50)))


@given(st.permutations(range(8)))
def test_facts_of_different_times_may_be_recorded_in_any_order(order: list[int]) -> None:
    said = [
        fact("pressure.applied", kind="chasing", beneficiary="seller", day=1, event_id=known_as("e0")),
        *(promise(f"p{n}", day=2 + n / 10, due_at=day(9).isoformat(), event_id=known_as(f"p{n}")) for n in range(4)),
        objection("o", day=3, event_id=known_as("e5")),
        fact("alternative.recommended", kind="in_house", reason="Cheaper", day=4, event_id=known_as("e6")),
        fact("feature.presented", feature="Swaps", day=5, event_id=known_as("e7")),
    ]
    stories = []
    for some in (range(8), order):
        story = a_deal()
        for nth in some:
            story.tell(said[nth], at=day(20))
        stories.append(asked(story, day(30)))
    assert stories[0] == stories[1]


def test_erasing_words_changes_no_figure() -> None:
    answers = []
    for words_ in ("Send the list", ERASED):
        story = a_deal(promise("p", statement=words_, event_id=known_as("e")), objection("o", statement=words_))
        story.tell(on_promise("fulfilled", "p", day=2, event_id=known_as("f")), at=day(9))
        answers.append(asked(story, day(5)))
    assert answers[0] == answers[1]


# -- what is asked about


def test_a_deal_has_four_legs_and_a_goal_three_unless_somebody_sells() -> None:
    assert [one.dimension for one in asked(a_deal(), day(1)).dimensions] == ["seller", "product", "process", "self"]
    goal = a_goal()
    assert [one.dimension for one in asked(goal, day(1)).dimensions] == ["product", "process", "self"]
    goal.tell(objection("o", by=goal.records[0].fact.actor.party_id, dimension="seller"), at=day(1))
    assert [one.dimension for one in asked(goal, day(9)).dimensions] == ["seller", "product", "process", "self"]


def test_trust_is_unknown_by_default_and_not_a_zero() -> None:
    found = asked(a_deal(), day(1))
    assert (found.overall, found.label, found.weakest_dimension, found.changes_at) == (0.5, "unknown", "seller", None)
    assert (found.at, found.policy) == (day(1), "trust/1")
    assert all((one.score, one.uncertainty, one.label, one.rows) == (0.5, 1, "unknown", []) for one in found.dimensions)


def test_every_member_of_a_dimension() -> None:
    rows = [*kept(0), row(0, 0, 1, ages_from=None)]
    found = leg(trust_of(uncapped(rows), on_day(90)))
    assert (found.evidence_for, found.evidence_against) == (0.5, 1)
    assert (found.for_aging, found.for_open, found.against_aging, found.against_open) == (0.5, 0, 0, 1)
    assert (found.score, found.belief, found.disbelief, found.uncertainty) == (0.428571, 0.142857, 0.285714, 0.571429)
    assert (found.certainty, found.prior_mass, found.half_life_days, found.prior_weight) == (
        0.428571,
        0.571428571429,
        90,
        2,
    )
    assert [(one.rule, one.case, one.weight_for, one.weight_against, one.factor) for one in found.rows] == [
        ("T0", "said", 1, 0, 0.5),
        ("T0", "said", 0, 1, 1),
    ]
    assert [(one.mass_for, one.mass_against) for one in found.rows] == [(0.142857142857, 0), (0, 0.285714285714)]
    assert [(one.counted_for, one.counted_against, one.ages_from) for one in found.rows] == [
        (1, 1, on_day(0)),
        (1, 1, None),
    ]
    assert [one.effect for one in found.rows] == [0.095238, -0.171429]


def test_the_next_row_is_the_next_change() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()), promise("q", due_at=day(9).isoformat()))
    assert [asked(story, day(at)).changes_at for at in (1, 6)] == [day(5), day(9)]
    goal = a_goal(routine("r", "UTC"), checkin("r", "2026-03-02"))
    assert asked(goal, day(0.5)).changes_at == day(2) - timedelta(hours=9)


def test_labels_fade_at_the_second_they_say() -> None:
    evidence = uncapped(kept(0, 0, 0, 0))
    turns = trust_of(evidence, on_day(0)).changes_at
    assert turns is not None
    before, after = (leg(trust_of(evidence, at)).label for at in (turns - timedelta(seconds=1), turns))
    assert (before, after) == ("trusted", "uncertain")
    again = trust_of(evidence, turns).changes_at
    assert again is not None
    assert leg(trust_of(evidence, again + timedelta(seconds=1))).label == "unknown"


def test_what_faded_to_nothing_is_not_listed() -> None:
    found = leg(trust_of(uncapped(kept(0)), on_day(3_700)))
    assert (found.rows, found.evidence_for, found.score) == ([], 0, 0.5)
    assert masses(uncapped(kept(0)), microseconds(on_day(3_700)))["seller"].r == 0


def test_late_entries_are_placed_when_they_happened() -> None:
    story: Story = a_deal(promise("p"))
    story.tell(on_promise("fulfilled", "p", day=1), at=day(300))
    assert leg(asked(story, day(91))).evidence_for == 0.25
