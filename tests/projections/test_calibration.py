"""How well trust foretold what came of promises, and what people say beside it."""

from projections.trust.calibrated import RATED_MAX, Calibration, calibration
from projections.view import View
from tests.domain.telling import BUYER, SELLER, Story, a_deal, a_goal, day, fact, known_as, on_promise, promise, voided
from tests.projections.standing import standing


def calibrated(story: Story, number: float = 60) -> Calibration:
    return calibration(View(standing(story), day(number)))


def test_nothing_ended_foretells_nothing() -> None:
    found = calibrated(a_deal(promise("p")))
    assert (found.brier, found.reference, found.skill, found.ended_total) == (None, None, None, 0)
    assert (found.foretold, found.ratings, found.rated_minus_computed, found.policy) == ([], [], {}, "trust/1")


def test_the_score_before_a_promise_ended_against_how_it_ended() -> None:
    story = a_deal(promise("a"), promise("b", due_at=day(2).isoformat()), promise("c"))
    facts = story.tell(
        on_promise("fulfilled", "a", day=1),
        on_promise("fulfilled", "b", day=3),
        on_promise("broken", "c", day=4),
        at=day(9),
    )
    found = calibrated(story)
    # (1 + 0.5 f(2 d)) / (2 + 0.5 f(2 d)): without the overdue row of the promise itself
    assert [(one.commitment_id, one.event_id, one.at) for one in found.foretold] == [
        (known_as(name), one.event_id, one.occurred_at) for name, one in zip("abc", facts, strict=True)
    ]
    assert [(one.ending, one.came, one.dimension) for one in found.foretold] == [
        ("in_time", 1, "seller"),
        ("late", 0.5, "seller"),
        ("broken", 0, "seller"),
    ]
    assert [one.foretold for one in found.foretold] == [0.5, 0.598773, 0.537196]
    misses = [0.25, (0.598773 - 0.5) ** 2, 0.537196**2]
    assert found.brier == round(sum(misses) / 3, 6)
    assert found.reference == round(0.5 / 3, 6)
    assert found.skill == round(1 - sum(misses) / 0.5, 6)
    assert found.ended_total == 3


def test_its_own_lateness_agreed_upon_before_is_not_held_against_the_foretelling() -> None:
    story = a_deal(promise("p", due_at=day(2).isoformat()))
    story.tell(
        on_promise("renegotiated", "p", day=3, due_at=day(9).isoformat(), agreed_by=BUYER),
        on_promise("fulfilled", "p", day=5),
        at=day(10),
    )
    assert [one.foretold for one in calibrated(story).foretold] == [0.5]


def test_what_is_disputed_let_go_or_cancelled_in_time_did_not_end() -> None:
    story = a_deal(promise("a"), promise("b"), promise("c"))
    story.tell(
        on_promise("fulfilled", "a"),
        on_promise("disputed", "a", by=BUYER),
        on_promise("released", "b", on_behalf_of=BUYER),
        on_promise("cancelled", "c"),
    )
    assert calibrated(story).ended_total == 0
    story.tell(on_promise("broken", "a"))
    assert [one.ending for one in calibrated(story).foretold] == ["broken"]


def test_all_foretold_by_a_half_has_no_skill_to_speak_of() -> None:
    story = a_deal(promise("p", due_at=day(2).isoformat()), on_promise("fulfilled", "p", day=3))
    found = calibrated(story)
    assert (found.brier, found.reference, found.skill) == (0, 0, None)


def test_what_somebody_says_they_trust_beside_the_evidence() -> None:
    story = a_deal(promise("p"), on_promise("fulfilled", "p", day=1))
    rated = story.tell(
        fact("trust.rated", dimension="seller", rating=7.5, day=1, on_behalf_of=BUYER),
        fact("trust.rated", dimension="seller", rating=9, day=1),
        fact("trust.rated", dimension="product", rating=0, day=2),
        at=day(9),
    )
    found = calibrated(story)
    assert [(one.event_id, one.by, one.dimension) for one in found.ratings] == [
        (rated[0].event_id, BUYER, "seller"),
        (rated[1].event_id, SELLER, "seller"),
        (rated[2].event_id, SELLER, "product"),
    ]
    assert [(one.rated, one.computed, one.difference) for one in found.ratings] == [
        (0.75, 0.6, 0.15),
        (0.9, 0.6, 0.3),
        (0, 0.5, -0.5),
    ]
    assert found.rated_minus_computed == {"seller": 0.225, "product": -0.5}
    assert found.ratings[0].at == day(1)


def test_of_many_ratings_the_last_count() -> None:
    story = a_deal()
    for batch in range(0, RATED_MAX + 50, 50):
        ratings = (fact("trust.rated", dimension="self", rating=10 * (batch == 0), day=1) for _ in range(50))
        story.tell(*ratings, at=day(9))
    found = calibrated(story)
    assert (found.ratings_total, len(found.ratings)) == (RATED_MAX + 50, RATED_MAX)
    assert (found.ratings[0].rated, found.rated_minus_computed) == (0, {"self": -0.5})


def test_a_void_is_as_if_it_had_never_been_recorded() -> None:
    told = [promise("a"), on_promise("fulfilled", "a", day=1)]
    story = a_deal(*told)
    wrong = story.tell(fact("trust.rated", dimension="self", rating=1, day=2), at=day(9))[0]
    story.tell(voided(wrong.event_id), at=day(9))
    assert calibrated(story).ratings == []
    assert calibrated(story).brier == calibrated(a_deal(*told)).brier == 0.25


def test_promises_to_oneself_are_foretold_too() -> None:
    goal = a_goal(promise("p", SELLER, SELLER), on_promise("fulfilled", "p"))
    assert [(one.dimension, one.foretold) for one in calibrated(goal).foretold] == [("self", 0.5)]
